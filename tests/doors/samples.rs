//! Good manifests which together hold every field there is: what the generated cases change one thing of.

use serde_json::{Value, json};

use super::requests;

fn manifest(kind: &str, spec: &Value) -> Value {
    json!({"apiVersion": "docsign.dev/v1alpha1", "kind": kind, "metadata": {"name": "case"}, "spec": spec})
}

fn individual() -> Value {
    json!({"firstName": "Zebulon", "lastName": "Quux", "email": "zebulon@example.com",
        "telephone": "+1-555-777-8888", "country": "us", "state": "Utah", "city": "Lehi", "zip": "84043",
        "jobTitle": "Analyst"})
}

fn secret() -> Value {
    json!({"secretRef": {"name": "source"}})
}

fn billing() -> Value {
    json!({"address": "1 Hidden Road", "address2": "Floor 2", "city": "Lehi", "state": "Utah", "country": "us",
        "zip": "84043"})
}

fn spec(order: &Value, more: &Value) -> Value {
    let mut spec = json!({"accountRef": {"kind": "CertCentralAccount", "name": "main"}, "revision": 1,
        "suspend": false, "deletionPolicy": "Retain", "certificateTarget": {"kind": "ConfigMap", "name": "target"},
        "order": order});
    for (name, value) in more.as_object().unwrap() {
        spec[name] = value.clone();
    }
    spec
}

/// Orders by every way of provisioning, payment and reference. `year_from_now` is a day that long ahead.
pub fn orders(year_from_now: &str) -> Vec<Value> {
    let key = |name: &str| json!({name: {"name": "source", "key": "csr.pem"}});
    let client_app = json!({
        "certificate": {"csrKeyType": "rsa", "keySize": 3072, "signatureHash": "sha384",
            "serverPlatform": {"id": -1}, "caCertId": "f7slk4shv9s2wr3",
            "usageDesignation": {"primaryUsage": "signing", "additionalUsages": ["document_signing"]}},
        "csProvisioningMethod": "client_app",
        "comments": "for Zebulon", "renewalOfOrderId": 112_200, "customRenewalMessage": "Renew me",
        "additionalEmails": ["a@example.com"], "userIdAssignments": [5], "csaAgreedTo": true, "skipApproval": false,
        "promoCode": "PROMO", "orderValidity": {"years": 1}, "individual": individual(), "paymentMethod": "balance",
        "containerId": 5, "customFields": [{"metadataId": 12, "value": "x"}],
    });
    let email = json!({
        "certificate": {"csr": requests::example()}, "csProvisioningMethod": "email",
        "orderValidity": {"days": 90}, "individual": individual(), "paymentMethod": "balance",
    });
    let by_reference = |from: &str| {
        json!({
            "certificate": {"csrFrom": key(from)}, "csProvisioningMethod": "email",
            "renewalOf": {"name": "earlier"}, "orderValidity": {"customExpirationDate": year_from_now},
            "individualFrom": secret(), "paymentMethod": "balance",
        })
    };
    let card = json!({
        "csProvisioningMethod": "ship_token",
        "shipInfo": {"name": "Zebulon Quux", "addr1": "1 Hidden Road", "addr2": "Floor 2", "city": "Lehi",
            "state": "Utah", "zip": "84043", "country": "us", "method": "STANDARD"},
        "orderValidity": {"years": 2}, "individual": individual(), "paymentMethod": "card",
        "creditCardFrom": {"secretRef": {"name": "card"}, "saveCreditCard": true, "setAsDefault": false,
            "afterOrder": "Delete"},
        "billingAddress": billing(),
    });
    let shipped = json!({
        "csProvisioningMethod": "ship_token", "shipInfoFrom": secret(), "orderValidity": {"years": 3},
        "individual": individual(), "paymentMethod": "wire_transfer",
    });
    let in_curves = json!({
        "certificate": {"csr": requests::p256()}, "csProvisioningMethod": "email",
        "orderValidity": {"years": 1}, "individual": individual(), "paymentMethod": "balance",
    });
    let all = [
        spec(&client_app, &json!({})),
        spec(&email, &json!({"replacementCSR": requests::example()})),
        spec(
            &by_reference("configMapKeyRef"),
            &json!({"replacementCSRFrom": key("secretKeyRef")}),
        ),
        spec(
            &by_reference("secretKeyRef"),
            &json!({"replacementCSRFrom": key("configMapKeyRef")}),
        ),
        spec(&card, &json!({})),
        spec(&shipped, &json!({"existingOrderID": 112_233})),
        spec(&in_curves, &json!({})),
    ];
    all.into_iter()
        .map(|spec| manifest("DocumentSigningOrder", &spec))
        .collect()
}

/// Accounts of a kind, by region and by endpoint.
pub fn accounts(kind: &str) -> Vec<Value> {
    let key = json!({"name": "certcentral", "key": "api-key"});
    let mut near = json!({
        "apiKeySecretRef": key, "region": "US",
        "caBundleFrom": {"configMapKeyRef": {"name": "bundle", "key": "ca.crt"}},
        "proxyURL": "http://proxy.example.com:3128", "rateLimit": {"per3Minutes": 500, "per5Seconds": 50},
        "pollIntervalSeconds": 60,
        "allow": {"paymentMethods": ["balance"], "skipApproval": true, "containerIDs": [5], "adoption": true},
        "unresolved": {"policy": "Hold", "quietPeriodSeconds": 3600}, "orderLimit": {"perDay": 5, "perMonth": 50},
    });
    if kind == "ClusterCertCentralAccount" {
        near["allowedNamespaces"] = json!({
            "names": ["signing"],
            "selector": {"matchLabels": {"team": "signing"},
                "matchExpressions": [{"key": "team", "operator": "In", "values": ["signing"]}]},
        });
    }
    let far = json!({"apiKeySecretRef": key, "endpoint": "https://certcentral.example.com/services/v2"});
    [near, far]
        .into_iter()
        .map(|spec| manifest(kind, &spec))
        .collect()
}
