//! `docsign plan FILE`: the body, the key and the token of each order.

use docsign::domain::order_key::{ClusterName, OrderKey};
use serde_json::{Value, json};

use crate::{BAD, BAD_SAYS, GOOD, run, text};

#[test]
fn plan_prints_the_masked_body_with_key_and_token() {
    assert_eq!(
        run(
            &[("good.yaml", GOOD)],
            &["plan", "good.yaml", "--cluster-name", "prod", "-n", "signing"],
            ""
        ),
        text(
            r#"good.yaml:1(zed)
order key  prod/signing/zed/1
token      TOKEN
body       POST /services/v2/order/certificate/ds_individual
{
  "alternative_order_id": "TOKEN",
  "certificate": {
    "signature_hash": "sha256",
    "usage_designation": {
      "additional_usages": [
        "document_signing"
      ],
      "primary_usage": "signing"
    }
  },
  "comments": "TOKEN\n***",
  "cs_provisioning_method": "client_app",
  "csa_agreed_to": true,
  "individual": {
    "country": "***",
    "email": "***",
    "first_name": "***",
    "last_name": "***",
    "state": "***",
    "telephone": "***"
  },
  "order_validity": {
    "years": 1
  },
  "payment_method": "balance"
}
"#
            .replace("TOKEN", &token())
            .as_str(),
            "",
            0
        )
    );
}

fn token() -> String {
    let cluster = ClusterName::parse("prod").unwrap();
    let key = OrderKey::new(cluster, "signing", "zed", 1);
    key.token().to_string()
}

#[test]
fn plan_names_the_sources_that_only_a_cluster_knows() {
    let manifest = json!({
        "apiVersion": "docsign.dev/v1alpha1", "kind": "DocumentSigningOrder",
        "metadata": {"name": "zed", "namespace": "signing"},
        "spec": {"accountRef": {"name": "main"}, "order": {
            "certificate": {"csrFrom": {"secretKeyRef": {"name": "token", "key": "csr"}}, "keySize": 3072},
            "csProvisioningMethod": "email", "orderValidity": {"days": 90},
            "individualFrom": {"secretRef": {"name": "person"}},
            "renewalOf": {"name": "last-year"}, "paymentMethod": "balance",
        }},
    });
    let arguments = ["plan", "-", "--cluster-name", "prod", "-o", "json"];
    let said = run(&[], &arguments, &manifest.to_string());
    let answer: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        answer,
        json!({"findings": [], "plans": [{
            "file": "-", "document": 1, "name": "zed", "orderKey": "prod/signing/zed/1", "token": token(),
            "existingOrderID": null,
            "body": {
                "certificate": {"csr": "***", "key_size": 3072, "csr_key_type": "(of the CSR)",
                    "signature_hash": "sha256", "usage_designation": {"primary_usage": "signing", "additional_usages": ["document_signing"]}},
                "cs_provisioning_method": "email", "comments": token(), "csa_agreed_to": true,
                "individual": "(from Secret person)", "order_validity": {"days": 90}, "payment_method": "balance",
                "renewal_of_order_id": "(the order of DocumentSigningOrder last-year)",
                "alternative_order_id": token(),
            },
        }]})
    );
}

#[test]
fn plan_of_a_wrong_manifest_says_what_check_says() {
    let arguments = ["plan", "bad.yaml", "--cluster-name", "prod"];
    assert_eq!(run(&[("bad.yaml", BAD)], &arguments, ""), text(BAD_SAYS, "", 1));
    let said = run(&[("good.yaml", GOOD)], &["plan", "good.yaml"], "");
    assert_eq!(
        said,
        text(
            "",
            "docsign: an order key begins with the cluster's name: add --cluster-name\n",
            2
        )
    );
}
