//! Plans of manifests in files: the body of each order, its key and token.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::{DocumentSigningOrder, Order};
use crate::cli::output::{self, Colour, Ending, Failure, Output};
use crate::cli::{check, documents, findings, stand_in};
use crate::domain::order_key::{ClusterName, OrderKey};
use crate::domain::request::{Marks, order_request};

/// Prints the body of each order in the files.
pub fn run(
    output: &Output,
    paths: &[PathBuf],
    cluster_name: &ClusterName,
    default_namespace: &str,
    now: Timestamp,
) -> Result<Ending, Failure> {
    let documents = documents::read(paths)?;
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let rules = findings::Rules::new();
    let mut found = check::unreadable(&documents);
    let mut plans = Vec::new();
    for document in &documents.ours {
        let judged = rules.judge(document, today);
        let wrong = judged.is_wrong();
        found.extend(judged.found);
        let Some(order) = judged.order.filter(|_| !wrong) else {
            continue;
        };
        let namespace = order.metadata.namespace.as_deref().unwrap_or(default_namespace);
        let name = document.place.name.clone().unwrap_or_default();
        let key = OrderKey::new(cluster_name.clone(), namespace, name, order.spec.revision);
        let body = body(&order, &key, now);
        output.line(output.paint(Colour::Strong, &document.place.to_string()));
        print(output, &key, body.as_ref());
        plans.push(json!({
            "file": document.place.file,
            "document": document.place.document,
            "name": document.place.name,
            "orderKey": key.to_string(),
            "token": key.token().as_str(),
            "existingOrderID": order.spec.existing_order_id,
            "body": body,
        }));
    }
    for finding in &found {
        output.line(check::line(output, finding));
    }
    output.json(&json!({"plans": plans, "findings": found}));
    if plans.is_empty() && found.is_empty() {
        output::note("there is no DocumentSigningOrder in it");
    }
    Ok(Ending::found(found.iter().any(|found| !found.warning)))
}

/// The lines on a key and the body that would be sent for it.
pub fn print(output: &Output, key: &OrderKey, body: Option<&Value>) {
    output.line(format_args!("order key  {key}"));
    output.line(format_args!("token      {}", key.token()));
    match body {
        Some(body) => {
            output.line("body       POST /services/v2/order/certificate/ds_individual");
            output.line(serde_json::to_string_pretty(body).unwrap_or_default());
        }
        None => output
            .line("body       none: nothing is ordered, spec.existingOrderID binds an order that exists"),
    }
}

/// The masked body, with stand-ins for what is referred to; `None` where nothing would be sent.
pub fn body(order: &DocumentSigningOrder, key: &OrderKey, now: Timestamp) -> Option<Value> {
    let wanted = order.spec.order.as_ref()?;
    if order.spec.existing_order_id.is_some() {
        return None;
    }
    let (fitted, sources) = stand_in::sources_for(wanted);
    let token = key.token();
    let marks = Marks {
        token: &token,
        alternative_order_id: true,
    };
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let request = order_request(&fitted, &sources, marks, today).ok()?;
    let mut body = request.masked();
    name_sources(wanted, &mut body);
    Some(body)
}

/// Says where the parts come from that only a cluster knows.
fn name_sources(order: &Order, body: &mut Value) {
    let secret = |name: &str| json!(format!("(from Secret {name})"));
    let Some(fields) = body.as_object_mut() else {
        return;
    };
    if let Some(from) = &order.individual_from {
        fields.insert("individual".to_owned(), secret(&from.secret_ref.name));
    }
    if let Some(from) = &order.ship_info_from {
        fields.insert("ship_info".to_owned(), secret(&from.secret_ref.name));
    }
    if let Some(from) = &order.credit_card_from {
        fields.insert("credit_card".to_owned(), secret(&from.secret_ref.name));
    }
    if let Some(renewed) = &order.renewal_of {
        let text = format!("(the order of DocumentSigningOrder {})", renewed.name);
        fields.insert("renewal_of_order_id".to_owned(), json!(text));
    }
    if order.certificate.csr_from.is_some()
        && let Some(certificate) = fields.get_mut("certificate").and_then(Value::as_object_mut)
    {
        let of_csr = || json!("(of the CSR)");
        let size = order.certificate.key_size.as_ref();
        let size = size.map_or_else(of_csr, |size| json!(size));
        let key_type = order.certificate.csr_key_type;
        let key_type = key_type.map_or_else(of_csr, |key_type| json!(key_type));
        certificate.insert("key_size".to_owned(), size);
        certificate.insert("csr_key_type".to_owned(), key_type);
    }
}
