//! No parameter is lost or changed on its way from a manifest to the wire.

use proptest::option::of;
use proptest::prelude::*;

use super::*;

/// Every order with plain values that the rules between fields allow, as a manifest.
fn orders() -> impl Strategy<Value = Value> {
    let text = "[a-zA-Z0-9 .-]{1,20}";
    let person = (text, text, of(text), of(text), of("[0-9]{5}"), of(text)).prop_map(
        |(first, last, state, city, zip, job)| {
            json!({"firstName": first, "lastName": last, "email": "a@example.com",
                "telephone": "+1-555-555-5555", "country": "us", "state": state, "city": city, "zip": zip,
                "jobTitle": job})
        },
    );
    let validity = prop_oneof![
        (1..=3_i64).prop_map(|years| json!({"years": years})),
        (1..=1095_i64).prop_map(|days| json!({"days": days})),
        (0..1000_i32).prop_map(|days| {
            let date = date(2026, 6, 10).saturating_add(days.days());
            json!({"customExpirationDate": date.to_string()})
        }),
    ];
    let method = prop_oneof![
        Just(json!({"csProvisioningMethod": "client_app"})),
        Just(json!({"csProvisioningMethod": "email",
            "certificate": {"csr": CSR_PEM.replace('\n', ""), "keySize": 3072, "csrKeyType": "rsa"}})),
        (text, of(text)).prop_map(|(name, addr2)| {
            json!({"csProvisioningMethod": "ship_token", "shipInfo": {"name": name, "addr1": "1 Main Street",
                "addr2": addr2.unwrap_or_default(), "city": "Lehi", "state": "ut", "zip": "84043",
                "country": "us", "method": "STANDARD"}})
        }),
    ];
    let rest = (
        of(text),
        of(1..i64::MAX),
        of(text),
        of(text),
        of(1..1000_i64),
        of((1..1000_i64, text)),
        of(Just(vec!["b@example.com"])),
        of(prop::collection::vec(1..1000_i64, 1..3)),
        any::<(bool, bool)>(),
        prop::sample::select(vec!["sha256", "sha384", "sha512"]),
        of((any::<i32>(), text)),
    );
    (person, validity, method, rest).prop_map(|(person, validity, method, rest)| {
        let (comments, renewal, message, promo, container, field, emails, users, flags, hash, platform) =
            rest;
        let mut order = json!({"individual": person, "orderValidity": validity, "paymentMethod": "balance",
            "comments": comments, "renewalOfOrderId": renewal, "customRenewalMessage": message,
            "promoCode": promo, "containerId": container, "additionalEmails": emails,
            "userIdAssignments": users, "csaAgreedTo": flags.0, "skipApproval": flags.1,
            "certificate": {}});
        if let Some((id, value)) = field {
            order["customFields"] = json!([{"metadataId": id, "value": value}]);
        }
        for (key, value) in method.as_object().unwrap() {
            order[key] = value.clone();
        }
        order["certificate"]["signatureHash"] = hash.into();
        if let Some((id, ca)) = platform {
            order["certificate"]["serverPlatform"] = json!({"id": id});
            order["certificate"]["caCertId"] = ca.into();
        }
        without_nulls(order)
    })
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect(),
        other => other,
    }
}

/// The manifest a body was made from, by the page's own spelling alone.
fn manifest_of(body: Value) -> Order {
    let mut manifest = camel_case(body);
    let map = manifest.as_object_mut().unwrap();
    map.remove("alternativeOrderId");
    if map.get("skipApproval").is_none() {
        let comments = map.remove("comments").unwrap();
        let comments = comments
            .as_str()
            .unwrap()
            .strip_prefix(token().as_str())
            .unwrap()
            .to_owned();
        if let Some(comments) = comments.strip_prefix('\n') {
            map.insert("comments".to_owned(), comments.into());
        }
    }
    if let Some(container) = map.remove("container") {
        map.insert("containerId".to_owned(), container["id"].clone());
    }
    if let Some(date) = manifest.pointer_mut("/orderValidity/customExpirationDate") {
        *date = Date::strptime("%d %b %Y", date.as_str().unwrap())
            .unwrap()
            .to_string()
            .into();
    }
    order(manifest)
}

fn camel_case(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (camel(&key), camel_case(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(camel_case).collect(),
        other => other,
    }
}

fn camel(key: &str) -> String {
    let mut words = key.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| text + &word[..1].to_uppercase() + &word[1..])
}

proptest! {
    #[test]
    fn a_body_says_the_same_as_its_manifest(manifest in orders()) {
        let manifest = order(manifest);
        prop_assert_eq!(
            serde_json::to_value(manifest_of(sent(&manifest))).unwrap(),
            serde_json::to_value(&manifest).unwrap()
        );
    }
}
