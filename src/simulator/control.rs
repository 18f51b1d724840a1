//! The control API under `/_sim/`: what a demo, a test or a curious person does to the simulated world.
//!
//! | call | does |
//! |---|---|
//! | `GET state` | every order with its records and its certificate |
//! | `GET journal`, `GET calls` | every accepted order; calls by endpoint |
//! | `POST orders/{id}/approve`, `reject`, `validate`, `issue`, `revoke`, `expire`, `cancel` | what the people would do |
//! | `POST orders/{id}/status` `{"status": "..."}` | shows any status at all |
//! | `POST advance` `{"seconds": N}` | moves the simulator's clock |
//! | `GET`, `POST`, `DELETE faults` | the fault script |

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    core::Core,
    faults::Fault,
    order::Order,
    order_check::text,
    state::Decision,
    wire::{Finding, Refusal, Request, Response, date_time},
};

/// Where the control API starts.
pub(super) const BASE: &str = "/_sim";

/// Answers a control call.
pub(super) fn answer(core: &mut Core, request: &Request) -> Response {
    let now = core.clock.now();
    core.state.advance(now);
    let rest = request.path.strip_prefix(BASE).unwrap_or_default();
    let parts: Vec<&str> = rest.trim_matches('/').split('/').collect();
    let answered = match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["state"]) => Ok(json!({
            "time": date_time(now),
            "orders": core.state.orders.values().map(|order| show(core, order)).collect::<Vec<_>>(),
        })),
        ("GET", ["journal"]) => Ok(json!(core.journal)),
        ("GET", ["calls"]) => Ok(json!(core.journal.calls)),
        ("GET", ["faults"]) => Ok(json!(
            core.script
                .faults()
                .map(|(fault, applied)| json!({ "fault": fault, "applied": applied }))
                .collect::<Vec<_>>()
        )),
        ("POST", ["faults"]) => install(core, &request.body),
        ("DELETE", ["faults"]) => {
            core.script.clear();
            Ok(json!({}))
        }
        ("POST", ["advance"]) => advance(core, request),
        ("POST", ["orders", id, what]) => decide(core, id, what, request),
        _ => Err(Refusal::not_found("route")),
    };
    answered.map_or_else(
        |refusal| refusal.into_response(false),
        |body| Response::json(200, &body),
    )
}

fn install(core: &mut Core, body: &[u8]) -> Result<Value, Refusal> {
    let faults: Vec<Fault> = serde_json::from_slice::<Fault>(body)
        .map(|fault| vec![fault])
        .or_else(|error| serde_json::from_slice::<Vec<Fault>>(body).map_err(|_| error))
        .map_err(|error| Refusal::new(400, "bad_request_format", error.to_string()))?;
    for fault in faults {
        core.script.install(fault);
    }
    Ok(json!({}))
}

fn advance(core: &mut Core, request: &Request) -> Result<Value, Refusal> {
    let seconds = request.json()?.get("seconds").and_then(Value::as_u64);
    let seconds = seconds.ok_or_else(|| Refusal::required("seconds"))?;
    core.clock.advance(Duration::from_secs(seconds));
    let now = core.clock.now();
    core.state.advance(now);
    Ok(json!({ "time": date_time(now) }))
}

fn decide(core: &mut Core, id: &str, what: &str, request: &Request) -> Result<Value, Refusal> {
    let id = id.parse().map_err(|_| Refusal::not_found("order"))?;
    let decision = match what {
        "approve" => Decision::Approve,
        "reject" => Decision::Reject,
        "validate" => Decision::Validate,
        "issue" => Decision::Issue,
        "revoke" => Decision::Revoke,
        "expire" => Decision::Expire,
        "cancel" => Decision::Cancel,
        "status" => {
            let body = request.json()?;
            let status = text(&body, "/status").ok_or_else(|| Refusal {
                status: 400,
                errors: vec![Finding::required("status")],
            })?;
            Decision::Status(status.to_owned())
        }
        _ => return Err(Refusal::not_found("route")),
    };
    let now = core.clock.now();
    core.state.decide(id, &decision, now)?;
    Ok(show(core, core.state.order(id)?))
}

fn show(core: &Core, order: &Order) -> Value {
    let requests: Vec<Value> = order
        .requests
        .iter()
        .filter_map(|id| core.state.requests.get(id))
        .map(|request| json!({ "id": request.id, "type": request.kind.as_str(), "status": request.status }))
        .collect();
    json!({
        "id": order.id,
        "status": order.status.as_str(),
        "certificate_id": order.certificate_id,
        "alternative_order_id": order.alternative_order_id,
        "common_name": order.wanted.subject.common_name,
        "created": date_time(order.created),
        "changed": order.changed.map(date_time),
        "hidden_until": order.hidden_until.map(date_time),
        "requests": requests,
        "certificate": order.issued.as_ref().map(|issued| json!({
            "serial_number": issued.serial_number, "thumbprint": issued.thumbprint, "pem": issued.pem,
        })),
    })
}
