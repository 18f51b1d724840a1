//! Each refusal says whose turn it is, is stored with its wait, and holds up nobody else's order.

use docsign::api::{DocumentSigningOrder, Failure};
use docsign::simulator::{Effect, Endpoint, Fault, Matching};

use crate::harness::{Child, Result};
use crate::story::{decided_again, message, poke, spent, waiting_for};
use crate::world::{QUICK, World, condition, order, ready_reason};

/// Whose order is refused, with what, and what then stands in its status.
struct Case {
    name: &'static str,
    status: u16,
    code: &'static str,
    said: &'static str,
    reason: &'static str,
    turn: &'static str,
    /// What the message begins with, after what it says of every refusal.
    begins: &'static str,
    retried: bool,
}

const CASES: [Case; 5] = [
    Case {
        name: "owner",
        status: 400,
        code: "required_param:individual.state",
        said: "Missing required parameter: individual.state.",
        reason: "Refused",
        turn: "Owner",
        begins: "CertCentral refused the order, nothing was bought: spec.order.individual.state: CertCentral needs a value here: add it, here or in the Secret of spec.order.individualFrom (required_param:individual.state: Missing required parameter: individual.state). Change what it names",
        retried: false,
    },
    Case {
        name: "unknown",
        status: 422,
        code: "out\u{1b}[31m_of_cheese",
        said: "No\ncheese\u{202e} today.",
        reason: "Refused",
        turn: "Owner",
        begins: "CertCentral refused the order, nothing was bought: out [31m_of_cheese: No cheese  today. Change what it names",
        retried: false,
    },
    Case {
        name: "stranger",
        status: 403,
        code: "not_for_you",
        said: "",
        reason: "Refused",
        turn: "Administrator",
        begins: "CertCentral refused the order, nothing was bought: not_for_you. Change the account or its key",
        retried: false,
    },
    Case {
        name: "administrator",
        status: 400,
        code: "insufficient_funds",
        said: "Not enough funds.",
        reason: "Retrying",
        turn: "Administrator",
        begins: "CertCentral refused the order for now, nothing was bought: spec.order.paymentMethod: the CertCentral account can't pay: deposit funds there, or choose another payment method (insufficient_funds: Not enough funds). Next try after ",
        retried: true,
    },
    Case {
        name: "operator",
        status: 429,
        code: "request_limit_exceeded",
        said: "Please limit request volume.",
        reason: "Retrying",
        turn: "Operator",
        begins: "CertCentral refused the order for now, nothing was bought: too many calls with this API key: CertCentral blocks it for some minutes. If others use the key too, lower spec.rateLimit of the account (request_limit_exceeded: Please limit request volume). Next try after ",
        retried: true,
    },
];

fn failure(order: &DocumentSigningOrder) -> Failure {
    order.status.clone().unwrap().failure.unwrap()
}

fn of(name: &str, effect: Effect) -> Fault {
    Fault {
        matching: Matching {
            endpoint: Some(Endpoint::Place),
            contains: Some(format!("{name}@example.com")),
            ..Matching::default()
        },
        effect,
    }
}

/// Looks at each refused order once more: none is sent again, and what is stored of it has not changed.
async fn still_refused(world: &World, operator: &Child, seen: &[Failure]) -> Result<()> {
    for (case, failure_then) in CASES.iter().zip(seen) {
        let row = if case.retried { "GateClosed" } else { "Unbuyable" };
        decided_again(operator, row, async || poke(world, case.name).await).await?;
        let now = world.orders().get(case.name).await.unwrap();
        assert_eq!(&failure(&now), failure_then, "{}", case.name);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_says_whose_turn_it_is_and_holds_up_nobody_else() -> Result<()> {
    let world = World::new("turns", QUICK).await?;
    for case in &CASES {
        world.simulator.install(of(
            case.name,
            Effect::Refuse {
                status: case.status,
                code: case.code.to_owned(),
                message: case.said.to_owned(),
            },
        ));
    }
    let operator = world.start().await?;
    let mut seen = Vec::new();
    for case in &CASES {
        world.apply(&order(case.name)).await?;
        let refused = world
            .order_until(case.name, case.reason, |order| {
                ready_reason(order) == Some(case.reason) && waiting_for(order) == Some(case.turn)
            })
            .await?;
        let stalled = if case.retried { "False" } else { "True" };
        assert_eq!(
            condition(&refused, "Stalled").map(|(status, _)| status),
            Some(stalled),
            "{}",
            case.name
        );
        assert_eq!(
            condition(&refused, "Placed"),
            Some(("False", case.reason)),
            "{}",
            case.name
        );
        let message = message(&refused);
        assert!(message.starts_with(case.begins), "{}: {message:?}", case.name);
        let failure = failure(&refused);
        assert_eq!(
            (
                failure.count,
                failure.outcome.as_deref(),
                failure.http_status,
                failure.retry_time.is_some()
            ),
            (
                Some(1),
                Some("Refused"),
                Some(i32::from(case.status)),
                case.retried
            ),
            "{}",
            case.name
        );
        seen.push(failure);
    }

    // Nobody else waits for them; not even for the one whose refusal paused the key for a moment.
    world.apply(&order("jane")).await?;
    world.issued("jane").await?;
    let sent = spent(&world);
    assert_eq!(sent, (1, 6));
    still_refused(&world, &operator, &seen).await?;

    // The waits are stored: a new process has them too.
    operator.kill_and_wait().await?;
    let operator = world.start().await?;
    still_refused(&world, &operator, &seen).await?;
    assert_eq!(spent(&world), sent);
    Ok(())
}
