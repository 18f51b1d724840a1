//! What CertCentral says of a request, without what the request holds; and what must not be in a request.

use super::*;

#[test]
fn a_word_of_an_error_code_stays_whoever_else_uses_it() {
    let order = with(
        client_app(),
        &[(
            "/customFields",
            json!([{"metadataId": 1, "value": "required_param"}]),
        )],
    );
    let request = request(&order, &Sources::default()).unwrap();
    let code = "required_param:individual.email";
    assert_eq!(request.redact_code(code), code);
    assert_eq!(request.redact("no required_param"), "no [...]");
}

#[test]
fn a_private_key_is_found_in_any_text_and_not_quoted() {
    let pasted = "see -----BEGIN EC PRIVATE KEY-----MHcCAQEE-----END EC PRIVATE KEY-----";
    let order = with(
        client_app(),
        &[
            ("/comments", json!(pasted)),
            ("/customRenewalMessage", json!(pasted)),
            ("/promoCode", json!("PuTTY-User-Key-File-3: ssh-rsa")),
            (
                "/customFields",
                json!([{"metadataId": 1, "value": "x"}, {"metadataId": 2, "value": pasted}]),
            ),
            ("/individual/jobTitle", json!(pasted)),
        ],
    );
    let findings = request(&order, &Sources::default()).unwrap_err();
    let mut fields: Vec<&str> = findings.iter().map(|finding| finding.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "spec.order.comments",
            "spec.order.customFields[1].value",
            "spec.order.customRenewalMessage",
            "spec.order.individual.jobTitle",
            "spec.order.promoCode",
        ]
    );
    let printed = format!("{findings:?}");
    assert!(
        !printed.contains("MHcC") && !printed.contains("ssh-rsa"),
        "{printed}"
    );
}
