//! Answers to the calls about one order, request, certificate, user or product.

#![expect(
    clippy::indexing_slicing,
    reason = "the index is a name and the value a JSON object: reading gives null for a missing name, writing adds it"
)]

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    endpoint::{Endpoint, Route},
    faults::Treatment,
    order::{ApprovalRequest, Order, OrderStatus, RequestKind, RequestStatus},
    order_check::text,
    state::{Decision, State},
    wire::{Finding, Refusal, Request, Response, date_time, day},
};

impl State {
    /// Does a call and answers it.
    pub fn handle(
        &mut self,
        request: &Request,
        treatment: &Treatment,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        self.advance(now);
        match Route::parse(&request.method, &request.path) {
            Route::Alternate(alternative) => Ok(self.orders_by_alternative(&alternative, request, now)),
            Route::Product(name) => product(&name),
            Route::DownloadByOrder(id, format) => self.download(self.order(id)?, &format),
            Route::DownloadByCertificate(id, format) => {
                let order = self.orders.values().find(|order| order.certificate_id == id);
                self.download(order.ok_or_else(|| Refusal::not_found("certificate"))?, &format)
            }
            Route::Numbered(endpoint, id) => self.about_one(endpoint, id, request, now),
            Route::Plain(Endpoint::Place) => self.answer_place(request, treatment, now),
            Route::Plain(Endpoint::ListOrders) => self.list_orders(request, now),
            Route::Plain(Endpoint::StatusChanges) => self.status_changes(request, now),
            Route::Plain(Endpoint::ListRequests) => Ok(self.list_requests(request)),
            Route::Plain(Endpoint::User) => Ok(user_me()),
            Route::Plain(_) => Err(Refusal::not_found("route")),
        }
    }

    fn about_one(
        &mut self,
        endpoint: Endpoint,
        id: u64,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        match endpoint {
            Endpoint::OrderInfo => Ok(Response::json(200, &self.order_info(self.order(id)?))),
            Endpoint::Validation => Ok(Response::json(200, &validation(self.order(id)?))),
            Endpoint::UpdateCsr => {
                let body = request.json()?;
                self.order(id)?;
                let csr = text(&body, "/csr").ok_or_else(|| Refusal::required("csr"))?;
                self.replace_csr(id, csr.to_owned()).map(|()| Response::empty())
            }
            Endpoint::OrderStatus => self.update_order_status(id, &request.json()?, now),
            Endpoint::Revoke => self.revoke(id, &request.json()?, now),
            Endpoint::RequestInfo => {
                let found = self
                    .requests
                    .get(&id)
                    .ok_or_else(|| Refusal::not_found("request"))?;
                Ok(Response::json(200, &self.request_info(found)))
            }
            Endpoint::RequestStatus => self.update_request_status(id, &request.json()?, now),
            Endpoint::Place
            | Endpoint::ListOrders
            | Endpoint::Alternate
            | Endpoint::StatusChanges
            | Endpoint::ListRequests
            | Endpoint::Download
            | Endpoint::User
            | Endpoint::Product
            | Endpoint::Unknown => Err(Refusal::not_found("route")),
        }
    }

    fn answer_place(
        &mut self,
        request: &Request,
        treatment: &Treatment,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let body = request.json()?;
        if treatment.refuse_alternative_order_id && body.get("alternative_order_id").is_some() {
            let finding = Finding::invalid("alternative_order_id", "is not a parameter of this request");
            return Err(Refusal {
                status: 400,
                errors: vec![finding],
            });
        }
        let (id, certificate, requests, approved) = {
            let order = self.place(body, treatment, now)?;
            let approved = order.status != OrderStatus::NeedsApproval;
            (order.id, order.certificate_id, order.requests.clone(), approved)
        };
        let mut answer = json!({ "id": id });
        if !requests.is_empty() {
            let requests: Vec<Value> = requests
                .iter()
                .filter_map(|id| self.requests.get(id))
                .map(|request| json!({ "id": request.id, "status": request.status }))
                .collect();
            answer["requests"] = json!(requests);
        }
        if approved {
            answer["certificate_id"] = json!(certificate);
        }
        Ok(Response::json(201, &answer))
    }

    fn order_info(&self, order: &Order) -> Value {
        let requests: Vec<Value> = order
            .requests
            .iter()
            .filter_map(|id| self.requests.get(id))
            .map(|request| {
                json!({
                    "id": request.id, "date": date_time(request.date), "type": request.kind.as_str(),
                    "status": request.status, "comments": request.comments.as_deref().unwrap_or_default(),
                })
            })
            .collect();
        let renewal_of = order.wanted.renewal_of;
        let mut info = json!({
            "id": order.id,
            "certificate": certificate(order),
            "status": order.status.as_str(),
            "is_renewal": renewal_of.is_some(),
            "is_renewed": order.renewed_by.is_some(),
            // 0 stands for none
            "renewed_order_id": order.renewed_by.unwrap_or(0),
            "renewal_of_order_id": renewal_of.unwrap_or(0),
            "date_created": date_time(order.created),
            "order_valid_till": day(order.valid_till()),
            // an empty object, in the words of a PHP program
            "organization": [],
            "container": {"id": order.body.pointer("/container/id").unwrap_or(&json!(5)), "name": "Simulator"},
            "product": product_names(),
            "user": user(),
            "user_assignments": [],
            "requests": requests,
            "notes": [],
            "additional_emails": order.body.get("additional_emails").cloned().unwrap_or(json!([])),
            "custom_fields": order.body.get("custom_fields").cloned().unwrap_or(json!([])),
            "api_key": {"name": "simulator", "key_type": "api_key"},
            "payment_method": order.body["payment_method"],
            "price": 0, "currency": "USD",
            "cs_provisioning_method": order.body["cs_provisioning_method"],
            "disable_issuance_email": false, "disable_renewal_notifications": false,
            "allow_duplicates": false, "duplicates_count": "0", "reissues_count": 0,
        });
        if let Some(alternative) = &order.alternative_order_id {
            info["alternative_order_id"] = json!(alternative);
        }
        // What makes the key on a token or in the application: as good as a password.
        if order.body["cs_provisioning_method"] != "email" {
            info["hardware_init_code"] = json!(format!("INIT-CODE-OF-{}", order.id));
        }
        if let Some(ship_info) = order.body.get("ship_info") {
            let mut ship_info = ship_info.clone();
            // a postal code of digits comes back as a number
            if let Some(zip) = text(&ship_info, "/zip").and_then(|zip| zip.parse::<u64>().ok()) {
                ship_info["zip"] = json!(zip);
            }
            info["ship_info"] = ship_info;
        }
        info
    }

    pub(super) fn request_info(&self, request: &ApprovalRequest) -> Value {
        let order = self
            .orders
            .get(&request.order)
            .map(|order| self.order_info(order));
        let mut info = json!({
            "id": request.id, "date": date_time(request.date), "type": request.kind.as_str(),
            "status": request.status, "requester": user(), "order": order,
            "comments": request.comments.as_deref().unwrap_or_default(),
        });
        if let Some(processed) = request.processed {
            info["date_processed"] = json!(date_time(processed));
            info["processor"] = user();
        }
        if let Some(comment) = &request.processor_comment {
            info["processor_comment"] = json!(comment);
        }
        info
    }

    fn update_request_status(&mut self, id: u64, body: &Value, now: Timestamp) -> Result<Response, Refusal> {
        let request = self
            .requests
            .get_mut(&id)
            .ok_or_else(|| Refusal::not_found("request"))?;
        let status = text(body, "/status").ok_or_else(|| Refusal::required("status"))?;
        let status =
            RequestStatus::parse(status).ok_or_else(|| invalid("status", "is not a request status"))?;
        let (order, kind) = (request.order, request.kind);
        let comment = text(body, "/processor_comment").map(str::to_owned);
        match (status, kind) {
            (RequestStatus::Submitted | RequestStatus::Pending, _) => request.status = status,
            (RequestStatus::Approved, RequestKind::NewRequest) => {
                self.decide(order, &Decision::Approve, now)?;
            }
            (RequestStatus::Rejected, RequestKind::NewRequest) => {
                if self.order(order)?.status != OrderStatus::NeedsApproval {
                    return Err(Refusal::order_status());
                }
                self.decide(order, &Decision::Reject, now)?;
            }
            (RequestStatus::Approved, RequestKind::Revoke) => self.decide(order, &Decision::Revoke, now)?,
            (RequestStatus::Rejected, RequestKind::Revoke) => self.settle(order, kind, status, now),
        }
        if let Some(request) = self.requests.get_mut(&id) {
            request.processor_comment = comment;
        }
        Ok(Response::empty())
    }

    fn update_order_status(&mut self, id: u64, body: &Value, now: Timestamp) -> Result<Response, Refusal> {
        self.order(id)?;
        match text(body, "/status") {
            None => Err(Refusal::required("status")),
            Some("canceled") if text(body, "/note").is_none_or(str::is_empty) => {
                Err(Refusal::required("note"))
            }
            Some("canceled") => self
                .decide(id, &Decision::Cancel, now)
                .map(|()| Response::empty()),
            Some(_) => Err(invalid("status", "is not an allowed value")),
        }
    }

    fn revoke(&mut self, id: u64, body: &Value, now: Timestamp) -> Result<Response, Refusal> {
        let order = self.order(id)?;
        if body.get("skip_approval") == Some(&Value::Bool(true)) {
            return self
                .decide(id, &Decision::Revoke, now)
                .map(|()| Response::empty());
        }
        match order.status {
            OrderStatus::Issued if order.revocation_asked.is_none() => {}
            OrderStatus::Revoked => {
                return Err(Refusal::new(
                    400,
                    "order_already_revoked",
                    "The order is already revoked.",
                ));
            }
            _ => return Err(Refusal::order_status()),
        }
        let comments = text(body, "/comments").map(str::to_owned);
        let request = self.ask(
            id,
            RequestKind::Revoke,
            RequestStatus::Pending,
            comments.clone(),
            now,
        );
        let answer = json!({
            "id": request, "date": date_time(now), "type": "revoke", "status": "pending",
            "requester": user(), "comments": comments.unwrap_or_default(),
        });
        Ok(Response::json(201, &answer))
    }

    fn download(&self, order: &Order, format: &str) -> Result<Response, Refusal> {
        let issued = order
            .issued
            .as_ref()
            .ok_or_else(|| Refusal::not_found("certificate"))?;
        let pem = self.authority.download(issued, format);
        let pem = pem.ok_or_else(|| invalid("format", "is not a format the simulator has"))?;
        Ok(Response::raw(200, "application/x-pem-file", pem))
    }
}

fn certificate(order: &Order) -> Value {
    let mut certificate = json!({
        "common_name": order.wanted.subject.common_name,
        "dns_names": [],
        "date_created": date_time(order.created),
        "csr": order.csr.as_deref().unwrap_or_default(),
        "organization": [],
        "server_platform": {"id": -1, "name": "OTHER", "install_url": "", "csr_url": ""},
        "signature_hash": order.body.pointer("/certificate/signature_hash").unwrap_or(&json!("sha256")),
        "key_size": order.body.pointer("/certificate/key_size").unwrap_or(&json!(2048)),
        "ca_cert": {"id": "f7slk4shv9s2wr3", "name": "Simulator Document Signing CA"},
        // only the unit that was used to order
        "cert_validity": order.body["order_validity"],
    });
    if order.shows_certificate_id() {
        certificate["id"] = json!(order.certificate_id);
    }
    if let Some(issued) = &order.issued {
        certificate["thumbprint"] = json!(issued.thumbprint);
        certificate["serial_number"] = json!(issued.serial_number);
        certificate["date_issued"] = json!(date_time(issued.not_before));
        certificate["valid_from"] = json!(day(issued.not_before));
        certificate["valid_till"] = json!(day(issued.not_after));
    }
    certificate
}

fn validation(order: &Order) -> Value {
    json!({
        // text here, a number everywhere else
        "order_id": order.id.to_string(),
        "order_status": order.status.as_str(),
        "organization_validations": [],
        "dns_name_validations": [],
    })
}

pub(super) fn product_names() -> Value {
    json!({
        "name_id": "ds_individual", "name": "Document Signing for Individual",
        "type": "document_signing_certificate",
    })
}

fn product(name: &str) -> Result<Response, Refusal> {
    if name != "ds_individual" {
        return Err(Refusal::not_found("product"));
    }
    let mut product = product_names();
    product["group_name"] = json!("document_signing");
    product["allowed_order_validity_years"] = json!(["1", "2", "3"]);
    product["custom_order_expiration_date_allowed"] = json!(true);
    product["csr_required"] = json!(false);
    product["signature_hash_types"] = json!({
        "allowed_hash_types": [
            {"id": "sha256", "name": "SHA-256"}, {"id": "sha384", "name": "SHA-384"},
            {"id": "sha512", "name": "SHA-512"},
        ],
        "default_hash_type_id": "sha256",
    });
    product["server_platforms"] = json!([{"id": -1, "name": "OTHER"}]);
    Ok(Response::json(200, &product))
}

fn user() -> Value {
    json!({"id": 1, "first_name": "API", "last_name": "User", "email": "api-user@example.com"})
}

fn user_me() -> Response {
    let mut me = user();
    me["username"] = json!("api-user");
    me["account"] = json!({"id": "1"});
    me["status"] = json!("active");
    me["is_cert_central"] = json!("1");
    me["access_roles"] = json!([{"id": 1, "name": "Administrator"}]);
    Response::json(200, &me)
}

fn invalid(path: &str, why: &str) -> Refusal {
    Refusal {
        status: 400,
        errors: vec![Finding::invalid(path, why)],
    }
}
