use serde_json::json;

use super::*;

#[test]
fn an_order_is_read_whole() {
    let json = json!({
        "id": 112_233, "status": "issued", "date_created": "2026-11-22T18:16:07+00:00",
        "order_valid_till": "2027-11-22", "alternative_order_id": "dso-abc",
        "certificate": {
            "id": 845_166_333_113_i64, "thumbprint": "AB12", "serial_number": "0F", "common_name": "Jane Doe",
            "emails": ["jane@example.com"], "date_issued": "2026-11-22T19:00:00+00:00",
            "valid_from": "2026-11-22", "valid_till": "2027-11-22", "cert_validity": {"years": 1},
            "csr": "-----BEGIN CERTIFICATE REQUEST-----", "signature_hash": "SHA256", "key_size": 3072,
        },
        "is_renewal": false, "is_renewed": "1", "renewed_order_id": 0, "renewal_of_order_id": "112200",
        "product": {"name_id": "ds_individual"}, "order_validity": {"years": "1"},
        "requests": [{
            "id": 113, "date": "2026-11-22T18:20:00+00:00", "type": "new_request", "status": "approved",
            "comments": "dso-abc",
        }],
        "additional_emails": ["a@example.com"], "payment_method": "balance",
        "cs_provisioning_method": "email", "hardware_init_code": "SECRET", "ship_info": {"name": "Jane"},
    });
    let text = |text: &str| Some(text.to_owned());
    let order = Order {
        id: 112_233,
        status: text("issued"),
        alternative_order_id: text("dso-abc"),
        product_name_id: text("ds_individual"),
        certificate: OrderCertificate {
            id: Some(845_166_333_113),
            thumbprint: text("AB12"),
            serial_number: text("0F"),
            valid_from: Some(jiff::civil::date(2026, 11, 22)),
            valid_till: Some(jiff::civil::date(2027, 11, 22)),
            date_issued: Some("2026-11-22T19:00:00Z".parse().unwrap()),
            csr: text("-----BEGIN CERTIFICATE REQUEST-----"),
            common_name: text("Jane Doe"),
            signature_hash: text("sha256"),
            key_size: text("3072"),
            validity_years: Some(1),
            validity_days: None,
            emails: vec!["jane@example.com".to_owned()],
        },
        requests: vec![OrderRequest {
            id: Some(113),
            kind: text("new_request"),
            status: text("approved"),
            date: Some("2026-11-22T18:20:00Z".parse().unwrap()),
            comments: text("dso-abc"),
        }],
        additional_emails: vec!["a@example.com".to_owned()],
        cs_provisioning_method: text("email"),
        order_valid_till: Some(jiff::civil::date(2027, 11, 22)),
        validity_years: Some(1),
        validity_days: None,
        date_created: Some("2026-11-22T18:16:07Z".parse().unwrap()),
        payment_method: text("balance"),
        renewal_of_order_id: Some(112_200),
        renewed_order_id: None,
        is_renewal: Some(false),
        is_renewed: Some(true),
    };
    let read = read(112_233, &json).unwrap();
    assert!(read == order, "{read:?}");
    let printed = format!("{read:?}");
    for private in ["Jane", "example.com", "BEGIN", "dso-abc", "SECRET"] {
        assert!(!printed.contains(private), "{printed}");
    }
}

#[test]
fn an_order_that_says_nothing_is_read_as_nothing() {
    let nothing = Some(Order {
        id: 5,
        ..Order::default()
    });
    let empty = [
        json!({"id": 5}),
        json!({"id": "5", "certificate": [], "product": [], "requests": {}, "organization": []}),
        json!({"id": 5, "certificate": null, "requests": null, "status": "", "order_validity": []}),
        json!({"id": 5, "certificate": "x", "requests": 7, "additional_emails": {}, "date_created": "soon"}),
    ];
    for json in empty {
        assert_eq!(read(5, &json), nothing, "{json}");
    }
}

#[test]
fn another_order_is_not_an_answer() {
    for json in [
        json!({"id": 6, "status": "issued"}),
        json!({"id": "x"}),
        json!({"status": "issued"}),
        json!({}),
        json!([]),
        json!("issued"),
        json!(null),
    ] {
        assert_eq!(read(5, &json), None, "{json}");
    }
}

#[test]
fn an_unknown_status_is_kept_as_it_is() {
    let order = read(5, &json!({"id": 5, "status": "Awaiting_Moon"})).unwrap();
    assert_eq!(order.status.as_deref(), Some("Awaiting_Moon"));
}

#[test]
fn the_newest_new_request_counts_in_either_spelling() {
    let newest = |requests| {
        read(5, &json!({"id": 5, "requests": requests}))
            .unwrap()
            .new_request()
            .and_then(|request| request.id)
    };
    assert_eq!(newest(json!([])), None);
    assert_eq!(newest(json!([{"id": 9, "type": "revoke"}])), None);
    assert_eq!(
        newest(json!([{"id": 7, "type": "new request"}, {"id": 9, "type": "reissue"}])),
        Some(7)
    );
    assert_eq!(
        newest(json!([
            {"id": 8, "type": "new_request", "date": "2026-11-23T00:00:00+00:00"},
            {"id": 9, "type": "new_request", "date": "2026-11-22T00:00:00+00:00"},
        ])),
        Some(8)
    );
    assert_eq!(
        newest(json!([{"id": 8, "type": "new_request"}, {"id": 7, "type": "new_request"}])),
        Some(8)
    );
}
