//! The examination itself. Nothing is ordered; three calls of the request budget are used.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::patient::Patient;
use super::{Check, Result};
use crate::api::{AccountReason, CorrelationMethod, Region};
use crate::certcentral::{Class, Client, ClientSettings, Timeouts};
use crate::controller::{AGAIN, Health, Question, health_after, health_without};
use crate::serve::clock::Clock;

/// How far the clocks may differ before it is worth a word, in seconds.
const APART: i64 = 30;
/// What is looked up to see whether look-ups are answered: no order has it.
const NO_ORDER: &str = "docsign-doctor";
/// How many containers are asked for, of those that the account allows.
const CONTAINERS: usize = 10;
/// Shorter than the operator's: somebody is waiting.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    idle: Duration::from_secs(10),
    read: Duration::from_secs(15),
    place: Duration::from_secs(15),
};
/// What is asked of CertCentral.
const REMOTE: [&str; 5] = ["key", "product", "permissions", "clock", "correlation"];

/// Examines one account.
pub async fn examine(patient: Patient, clock: &Clock) -> Vec<Check> {
    let mut checks: Vec<Check> = patient.namespace.into_iter().collect();
    let endpoint = patient.endpoint.map_err(|check| checks.push(check)).ok();
    if let Some(endpoint) = &endpoint {
        let region = match patient.region {
            Some(Region::US) => " (region US)",
            Some(Region::EU) => " (region EU)",
            None => "",
        };
        checks.push(Check::ok("endpoint", format!("{endpoint}{region}")));
    }
    let key = patient.key.map_err(|check| checks.push(check)).ok();
    let ca = patient.ca.map_err(|check| checks.push(check)).ok();
    let client = match (endpoint, key, ca) {
        (Some(base_url), Some(api_key), Some(ca_pem)) => {
            let settings = ClientSettings {
                base_url,
                api_key,
                user_agent: concat!("docsign-doctor/", env!("CARGO_PKG_VERSION")).to_owned(),
                ca_pem,
                proxy: patient.proxy,
                timeouts: TIMEOUTS,
            };
            Client::new(settings)
                .map_err(|error| checks.push(unhealthy("key", &health_without(error))))
                .ok()
        }
        (_, _, _) => None,
    };
    if let Some(client) = client {
        ask(
            &client,
            &patient.containers,
            patient.correlation,
            clock,
            &mut checks,
        )
        .await;
    }
    for what in REMOTE {
        if !checks.iter().any(|done| done.what == what) {
            checks.push(Check::skipped(what));
        }
    }
    // What the operator says is news only where nothing was found here.
    let sick = checks.iter().any(|check| check.result == Result::Failed);
    checks.extend(patient.operator.filter(|_| !sick));
    checks
}

async fn ask(
    client: &Client,
    containers: &[i64],
    correlation: Option<CorrelationMethod>,
    clock: &Clock,
    checks: &mut Vec<Check>,
) {
    let (date, said) = match client.me().await {
        Ok(answer) => {
            let roles: Vec<_> = answer
                .value
                .access_roles
                .into_iter()
                .filter_map(|role| role.name)
                .collect();
            let roles = match roles.as_slice() {
                [] => String::new(),
                roles => format!(", with the role {}", roles.join(", ")),
            };
            (answer.date, format!("CertCentral accepts it{roles}"))
        }
        Err(error) => match health_after(&error, Question::Me) {
            Some(health) => return checks.push(unhealthy("key", &health)),
            None => (None, "CertCentral accepts it; it is restricted".to_owned()),
        },
    };
    let asked_at = clock.now();
    checks.push(Check::ok("key", said));
    match client
        .product()
        .await
        .map_err(|error| health_after(&error, Question::Product))
    {
        Ok(_) => {
            checks.push(Check::ok("product", "ds_individual can be ordered"));
            if let Some(check) = containers_of(client, containers).await {
                let failed = check.result == Result::Failed;
                checks.push(check);
                if failed {
                    return;
                }
            }
        }
        Err(None) => checks.push(Check::ok(
            "product",
            "the key may not read products; the first order will tell",
        )),
        Err(Some(health)) => return checks.push(unhealthy("product", &health)),
    }
    let looked_up = client.orders_by_alternative_id(NO_ORDER).await;
    let (date, asked_at) = match &looked_up {
        Ok(answer) if date.is_none() => (answer.date, clock.now()),
        Ok(_) | Err(_) => (date, asked_at),
    };
    match looked_up {
        Ok(_) => checks.push(Check::ok("permissions", "the key may look orders up")),
        Err(error) => {
            const FORBIDDEN: &str = "the key may not look orders up, and nothing is ordered that can't be: give the key access to orders, requests and certificates";
            return checks.push(match health_after(&error, Question::Me) {
                None => Check::failed("permissions", FORBIDDEN),
                Some(health) => unhealthy("permissions", &health),
            });
        }
    }
    checks.push(clocks(date, asked_at));
    checks.push(correlated(correlation));
}

/// Whether the key may order in the containers that the account allows; none where it allows none.
async fn containers_of(client: &Client, containers: &[i64]) -> Option<Check> {
    const WHAT: &str = "containers";
    let asked: Vec<_> = containers.iter().take(CONTAINERS).copied().collect();
    for container in &asked {
        let Err(error) = client.product_in(*container).await else {
            continue;
        };
        return Some(match error.kind() {
            Class::Forbidden(_) | Class::NotFound | Class::Refused(_) => Check::failed(
                WHAT,
                format!(
                    "the key may not order in container {container}: give its user that container (division) in CertCentral, or take it out of spec.allow.containerIDs"
                ),
            ),
            Class::Unauthorized
            | Class::Throttled { .. }
            | Class::Unavailable { .. }
            | Class::Unreachable(_)
            | Class::Unreadable(_) => unhealthy(WHAT, &health_after(&error, Question::Product)?),
        });
    }
    let listed: Vec<_> = asked.iter().map(ToString::to_string).collect();
    (!asked.is_empty()).then(|| {
        Check::ok(
            WHAT,
            format!("ds_individual can be ordered in {}", listed.join(", ")),
        )
    })
}

fn unhealthy(question: &'static str, health: &Health) -> Check {
    let check = match health.reason {
        AccountReason::Unreachable | AccountReason::Unavailable | AccountReason::EndpointNotAllowed => {
            "endpoint"
        }
        AccountReason::CABundleMissing => "ca bundle",
        AccountReason::Accepted
        | AccountReason::Checking
        | AccountReason::SecretMissing
        | AccountReason::KeyRejected
        | AccountReason::PermissionMissing
        | AccountReason::ProductNotOrderable => question,
    };
    Check::failed(check, health.message.replace(AGAIN, ""))
}

/// Compares CertCentral's clock with ours.
fn clocks(remote: Option<Timestamp>, ours: Timestamp) -> Check {
    let Some(remote) = remote else {
        return Check::failed(
            "clock",
            "CertCentral's answers carry no date, so no order can ever be proven absent: a proxy in between may drop it",
        );
    };
    let apart: SignedDuration = ours.duration_since(remote);
    let seconds = apart.as_secs();
    if seconds.abs() <= APART {
        return Check::ok("clock", format!("within {APART} s of CertCentral's"));
    }
    let word = if seconds > 0 { "ahead of" } else { "behind" };
    let seconds = seconds.abs();
    Check::failed(
        "clock",
        format!("the clock here is {seconds} s {word} CertCentral's: synchronize it, and the operator's"),
    )
}

/// What is known of look-ups by the order's token.
fn correlated(method: Option<CorrelationMethod>) -> Check {
    match method {
        Some(CorrelationMethod::Exact) => Check::ok(
            "correlation",
            "exact: an order was found again by its alternative order ID",
        ),
        Some(CorrelationMethod::Unverified) => Check::ok(
            "correlation",
            "not verified yet: the first order shows whether it is found again by its alternative order ID",
        ),
        Some(CorrelationMethod::NotSupported) => Check::failed(
            "correlation",
            "CertCentral takes no alternative order IDs here: an attempt of unknown outcome will hold for a person. Ask DigiCert for them",
        ),
        None => Check::ok(
            "correlation",
            "look-ups are answered; an account's status says how well they find orders",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_are_told_with_the_direction() {
        let remote: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let at = |seconds: i64| remote.saturating_add(SignedDuration::from_secs(seconds)).unwrap();
        assert_eq!(
            clocks(Some(remote), at(30)),
            Check::ok("clock", "within 30 s of CertCentral's")
        );
        assert_eq!(
            clocks(Some(remote), at(-31)).message,
            "the clock here is 31 s behind CertCentral's: synchronize it, and the operator's"
        );
        assert_eq!(
            clocks(Some(remote), at(3600)).message,
            "the clock here is 3600 s ahead of CertCentral's: synchronize it, and the operator's"
        );
        assert_eq!(clocks(None, remote).result, Result::Failed);
    }
}
