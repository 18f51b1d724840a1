//! The calls that find orders: the list with its filters, orders by alternative id, and what changed lately. A hidden order is
//! in none of them.

#![expect(
    clippy::indexing_slicing,
    reason = "the index is a name and the value a JSON object: reading gives null for a missing name, writing adds it"
)]

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    answers::product_names,
    order::Order,
    state::State,
    wire::{Finding, Refusal, Request, Response, date_time, day},
};

/// The most a page holds, and what it holds unless asked for less.
const PAGE: usize = 1000;
/// The longest window of the status changes, in seconds.
const LONGEST_WINDOW: i64 = 7 * 86_400;

impl State {
    pub(super) fn orders_by_alternative(&self, wanted: &str, request: &Request, now: Timestamp) -> Response {
        let found: Vec<&Order> = self
            .visible(now)
            .filter(|order| order.alternative_order_id.as_deref() == Some(wanted))
            .collect();
        let (orders, page) = paged(&found, &request.parameters());
        let orders: Vec<Value> = orders.iter().map(|order| summary(order)).collect();
        Response::json(200, &json!({ "orders": orders, "page": page }))
    }

    pub(super) fn list_orders(&self, request: &Request, now: Timestamp) -> Result<Response, Refusal> {
        let parameters = request.parameters();
        let filters = filters(&parameters)?;
        let mut found: Vec<&Order> = self
            .visible(now)
            .filter(|order| {
                filters
                    .iter()
                    .all(|(name, values)| values.iter().any(|value| fits(order, name, value)))
            })
            .collect();
        found.sort_by_key(|order| std::cmp::Reverse(order.id));
        let sorting = parameters
            .iter()
            .find(|(name, _)| name == "sort")
            .map_or("", |(_, value)| value);
        found.sort_by(|left, right| compare(left, right, sorting));
        let (orders, page) = paged(&found, &parameters);
        let orders: Vec<Value> = orders.iter().map(|order| item(order)).collect();
        Ok(Response::json(200, &json!({ "orders": orders, "page": page })))
    }

    pub(super) fn status_changes(&self, request: &Request, now: Timestamp) -> Result<Response, Refusal> {
        let parameters = request.parameters();
        let mut window: Option<i64> = None;
        for (name, unit) in [("minutes", 60), ("seconds", 1)] {
            let Some((_, value)) = parameters.iter().find(|(given, _)| given == name) else {
                continue;
            };
            let value: i64 = value
                .parse()
                .ok()
                .filter(|value| *value >= 0)
                .ok_or_else(|| Refusal {
                    status: 400,
                    errors: vec![Finding::invalid(name, "must be a whole number")],
                })?;
            window = Some(window.unwrap_or(0).saturating_add(value.saturating_mul(unit)));
        }
        let window = window.ok_or_else(|| Refusal::required("minutes"))?;
        if window > LONGEST_WINDOW {
            return Err(Refusal::new(
                400,
                "time_frame_too_long",
                "The time frame is longer than 7 days.",
            ));
        }
        let begin = now
            .saturating_sub(SignedDuration::from_secs(window))
            .unwrap_or(Timestamp::MIN);
        let changed: Vec<&Order> = self
            .visible(now)
            .filter(|order| order.changed.is_some_and(|changed| changed >= begin))
            .collect();
        if changed.is_empty() {
            return Ok(Response::json(200, &json!({})));
        }
        let (orders, _) = paged(&changed, &parameters);
        let orders: Vec<Value> = orders.iter().map(|order| summary(order)).collect();
        Ok(Response::json(200, &json!({ "orders": orders })))
    }

    pub(super) fn list_requests(&self, request: &Request) -> Response {
        let parameters = request.parameters();
        let wanted = |name: &str| {
            let filter = format!("filters[{name}]");
            parameters
                .iter()
                .find(|(given, _)| *given == filter)
                .map(|(_, value)| value.as_str())
        };
        let (status, kind) = (wanted("status"), wanted("type"));
        let found: Vec<Value> = self
            .requests
            .values()
            .filter(|request| status.is_none_or(|status| request.status.as_str() == status))
            .filter(|request| kind.is_none_or(|kind| request.kind.as_str() == kind))
            .map(|request| {
                let mut info = self.request_info(request);
                let common_name = info["order"]["certificate"]["common_name"].take();
                info["order"] = json!({
                    "id": request.order, "certificate": {"common_name": common_name}, "organization": [],
                    "product": product_names(),
                });
                info
            })
            .collect();
        let (requests, page) = paged(&found, &parameters);
        Response::json(200, &json!({ "requests": requests, "page": page }))
    }

    fn visible(&self, now: Timestamp) -> impl Iterator<Item = &Order> {
        self.orders.values().filter(move |order| order.is_visible(now))
    }
}

/// An order as the short lists show it.
fn summary(order: &Order) -> Value {
    let certificate = order.shows_certificate_id().then_some(order.certificate_id);
    json!({ "order_id": order.id, "certificate_id": certificate, "status": order.status.as_str() })
}

/// An order as the long list shows it: nothing in it says who asked for it.
fn item(order: &Order) -> Value {
    let mut certificate = json!({
        "common_name": order.wanted.subject.common_name, "dns_names": [],
        "signature_hash": "SHA256", "cert_validity": order.body["order_validity"],
    });
    if order.shows_certificate_id() {
        certificate["id"] = json!(order.certificate_id);
    }
    if let Some(issued) = &order.issued {
        certificate["serial_number"] = json!(issued.serial_number);
        certificate["valid_from"] = json!(day(issued.not_before));
        certificate["valid_till"] = json!(day(issued.not_after));
    }
    json!({
        "id": order.id, "certificate": certificate, "status": order.status.as_str(),
        "is_renewed": order.renewed_by.is_some(), "date_created": date_time(order.created),
        "organization": [], "order_validity": order.body["order_validity"],
        "order_valid_till": day(order.valid_till()), "disable_renewal_notifications": false,
        "container": {"id": 5, "name": "Simulator", "is_active": "1"}, "product": product_names(),
        "product_name_id": "ds_individual", "has_duplicates": false, "has_reissues": false,
        "price": "0", "is_multi_year_plan": "0",
    })
}

/// `filters[name]=value` and `filters[name][0]=value`, the values of a name together.
fn filters(parameters: &[(String, String)]) -> Result<Vec<(&str, Vec<&str>)>, Refusal> {
    let mut filters: Vec<(&str, Vec<&str>)> = Vec::new();
    for (parameter, value) in parameters {
        let Some(rest) = parameter.strip_prefix("filters[") else {
            continue;
        };
        let name = rest.split(']').next().unwrap_or_default();
        if !FILTERS.contains(&name) {
            return Err(Refusal {
                status: 400,
                errors: vec![Finding::invalid(parameter, "is not a filter")],
            });
        }
        match filters.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => filters.push((name, vec![value])),
        }
    }
    Ok(filters)
}

const FILTERS: [&str; 11] = [
    "id",
    "status",
    "product_name_id",
    "email",
    "common_name",
    "date_created",
    "valid_till",
    "certificate_id",
    "serial_number",
    "is_renewed",
    "search",
];

fn fits(order: &Order, filter: &str, value: &str) -> bool {
    let common_name = order.wanted.subject.common_name.as_str();
    let valid_till = || {
        order
            .issued
            .as_ref()
            .map(|issued| date_time(issued.not_after))
            .unwrap_or_default()
    };
    match filter {
        "id" => order.id.to_string() == value,
        // who asks for issued orders gets expired ones too
        "status" => {
            order.status.as_str() == value || (value == "issued" && order.status.as_str() == "expired")
        }
        "product_name_id" => value == "ds_individual",
        "email" => order.wanted.email == value,
        "common_name" => common_name == value,
        "date_created" => within(&date_time(order.created), value),
        "valid_till" => within(&valid_till(), value),
        "certificate_id" => order.shows_certificate_id() && order.certificate_id.to_string() == value,
        "serial_number" => order
            .issued
            .as_ref()
            .is_some_and(|issued| issued.serial_number == value),
        "is_renewed" => order.renewed_by.is_some() == (value == "1"),
        "search" => match value.strip_prefix('%') {
            Some(part) => order.wanted.email.contains(part) || common_name.contains(part),
            None => order.wanted.email == value || common_name == value,
        },
        _ => false,
    }
}

/// `A...B`, `>A`, `<A` or `A`, where a day stands for all of it.
fn within(actual: &str, wanted: &str) -> bool {
    let wanted = wanted.replace(' ', "T");
    let against = |bound: &str| actual.get(..bound.len()).unwrap_or(actual).cmp(bound);
    if let Some((from, to)) = wanted.split_once("...") {
        against(from) != Ordering::Less && against(to) != Ordering::Greater
    } else if let Some(bound) = wanted.strip_prefix('>') {
        against(bound) == Ordering::Greater
    } else if let Some(bound) = wanted.strip_prefix('<') {
        against(bound) == Ordering::Less
    } else {
        against(&wanted) == Ordering::Equal
    }
}

/// `-date_created,status`; a minus turns the order round.
fn compare(left: &Order, right: &Order, sorting: &str) -> Ordering {
    sorting.split(',').fold(Ordering::Equal, |ordering, key| {
        let (key, descending) = key
            .strip_prefix('-')
            .map_or((key.trim_start_matches('+'), false), |key| (key, true));
        let by_key = match key {
            "order_id" | "id" => left.id.cmp(&right.id),
            "date_created" => left.created.cmp(&right.created),
            "common_name" => left
                .wanted
                .subject
                .common_name
                .cmp(&right.wanted.subject.common_name),
            "status" => left.status.as_str().cmp(right.status.as_str()),
            _ => Ordering::Equal,
        };
        ordering.then(if descending { by_key.reverse() } else { by_key })
    })
}

fn paged<'a, T>(found: &'a [T], parameters: &[(String, String)]) -> (Vec<&'a T>, Value) {
    let number = |name: &str| {
        parameters
            .iter()
            .find(|(given, _)| given == name)
            .and_then(|(_, value)| value.parse::<usize>().ok())
    };
    let offset = number("offset").unwrap_or(0);
    let limit = number("limit").unwrap_or(PAGE).clamp(1, PAGE);
    let page = json!({ "total": found.len(), "limit": limit, "offset": offset });
    (found.iter().skip(offset).take(limit).collect(), page)
}
