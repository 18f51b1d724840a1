//! Tests of the simulator, and what they share.

mod certificates;
mod check;
mod faults;
mod http;

mod people;
mod state;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    faults::{Treatment, Variant},
    people::People,
    state::State,
    wire::{Refusal, Request, Response},
};

pub(super) const RSA_3072: &str = include_str!("../fixtures/rsa-3072.csr");
pub(super) const RSA_4096: &str = include_str!("../fixtures/rsa-4096.csr");
pub(super) const P_384: &str = include_str!("../fixtures/p-384.csr");

/// The page's example for `email`, with a CSR of 4096 bits beside a `key_size` of 2048 as there.
pub(super) fn email_order() -> Value {
    let mut order = client_app_order();
    order["certificate"]["csr"] = json!(one_line(RSA_4096));
    order["certificate"]["key_size"] = json!(2048);
    order["certificate"]["csr_key_type"] = json!("rsa");
    order["cs_provisioning_method"] = json!("email");
    order
}

/// The page's example for `client_app`.
pub(super) fn client_app_order() -> Value {
    json!({
        "certificate": {
            "signature_hash": "sha256",
            "usage_designation": {
                "primary_usage": "signing",
                "additional_usages":
                    ["adobe_authentic_documents_trust", "ms_document_signing", "document_signing"],
            },
        },
        "cs_provisioning_method": "client_app",
        "custom_renewal_message": "Renew me",
        "additional_emails": ["jill.valentine@example.com", "leon.kennedy@example.com"],
        "order_validity": {"years": 1},
        "individual": {
            "first_name": "Jonh", "last_name": "Doe", "email": "g@g.com", "telephone": "+11234567890",
            "country": "us", "job_title": "Analyst",
        },
        "payment_method": "balance",
    })
}

/// The page's example for `ship_token`.
pub(super) fn ship_token_order() -> Value {
    let mut order = client_app_order();
    order["cs_provisioning_method"] = json!("ship_token");
    order["ship_info"] = json!({
        "name": "John Doe", "addr1": "360 Taylor Street", "addr2": "Floor 74", "city": "Richmond",
        "state": "va", "zip": "69662", "country": "us", "method": "EXPEDITED",
    });
    order
}

pub(super) fn one_line(pem: &str) -> String {
    pem.lines().collect()
}

/// A state machine with a clock of its own.
pub(super) struct World {
    pub state: State,
    pub now: Timestamp,
    pub treatment: Treatment,
}

impl World {
    pub fn new(people: People) -> Self {
        Self {
            state: State::new(0, people, Variant::Pending).unwrap(),
            now: "2026-11-22T12:00:00Z".parse().unwrap(),
            treatment: Treatment::default(),
        }
    }

    pub fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    pub fn call(&mut self, method: &str, path_and_query: &str, body: &Value) -> Result<Response, Refusal> {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let request = Request {
            method: method.to_owned(),
            path: format!("/services/v2{path}"),
            query: query.to_owned(),
            body: body.to_string().into_bytes(),
            ..Request::default()
        };
        self.state.handle(&request, &self.treatment, self.now)
    }

    pub fn place(&mut self, order: &Value) -> Value {
        let response = self
            .call("POST", "/order/certificate/ds_individual", order)
            .unwrap();
        assert_eq!(response.status, 201);
        serde_json::from_str(&response.body).unwrap()
    }

    pub fn read(&mut self, path_and_query: &str) -> Value {
        let response = self.call("GET", path_and_query, &Value::Null).unwrap();
        assert_eq!(response.status, 200);
        serde_json::from_str(&response.body).unwrap()
    }

    pub fn status(&mut self, id: u64) -> String {
        self.read(&format!("/order/certificate/{id}"))["status"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub fn code(&mut self, method: &str, path_and_query: &str, body: &Value) -> (u16, Vec<String>) {
        let refusal = self.call(method, path_and_query, body).unwrap_err();
        (
            refusal.status,
            refusal.errors.into_iter().map(|finding| finding.code).collect(),
        )
    }
}
