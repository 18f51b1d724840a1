//! The third door: the simulator, which checks a body as strictly as CertCentral's page.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use docsign::api::{DocumentSigningOrder, Order};
use docsign::domain::order_key::{ClusterName, OrderKey, Token};
use docsign::domain::request::{
    Card, Confidential, Finding, Individual, Marks, OrderRequest, SecretData, ShipInfo, Sources,
    order_request,
};
use docsign::simulator::{Clock, People, Simulation, SimulatorSettings};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::requests;

/// How many calls a key may spend at once.
const CALLS_OF_A_KEY: usize = 90;
const KEYS: usize = 400;

/// The simulator at one moment.
pub struct Page {
    pub simulation: Simulation,
    pub today: Date,
    calls: AtomicUsize,
}

impl Page {
    pub fn at(now: Timestamp) -> Self {
        let settings = SimulatorSettings {
            api_keys: (0..KEYS).map(|number| format!("key-{number}")).collect(),
            clock: Clock::standing_at(now),
            people: People::Automatic {
                approve: Duration::ZERO,
                validate: Duration::ZERO,
                issue: Duration::ZERO,
            },
            ..SimulatorSettings::default()
        };
        Self {
            simulation: Simulation::new(settings).unwrap(),
            today: now.to_zoned(TimeZone::UTC).date(),
            calls: AtomicUsize::new(0),
        }
    }

    /// Puts a body through; the codes of what is wrong with it.
    pub async fn place(&self, body: &Value) -> Result<(), Vec<String>> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let request = http::Request::builder()
            .method("POST")
            .uri("/services/v2/order/certificate/ds_individual")
            .header("content-type", "application/json")
            .header("x-dc-devkey", format!("key-{}", call / CALLS_OF_A_KEY))
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let (head, body) = self.simulation.exchange(request).await.unwrap().into_parts();
        if head.status.is_success() {
            return Ok(());
        }
        let body = body.collect().await.unwrap().to_bytes();
        let said: Value = serde_json::from_slice(&body).unwrap();
        let codes = said["errors"].as_array().unwrap().iter();
        let codes: Vec<_> = codes
            .map(|error| error["code"].as_str().unwrap().to_owned())
            .collect();
        // Which orders there are to renew is the account's, and judged after the page.
        if codes == ["order_not_eligible_for_renewal"] {
            return Ok(());
        }
        assert!(head.status == 400, "{} {codes:?}", head.status);
        Err(codes)
    }
}

/// The token under which the cases order.
pub fn token() -> Token {
    OrderKey::new(ClusterName::parse("doors").unwrap(), "signing", "case", 1).token()
}

/// The body of a stored manifest's order as the operator makes it; none where it holds no order.
pub fn body(stored: &Value, today: Date) -> Option<Result<OrderRequest, Vec<Finding>>> {
    let object: DocumentSigningOrder =
        serde_json::from_value(stored.clone()).unwrap_or_else(|error| panic!("{error}: {stored}"));
    let order = object.spec.order?;
    Some(render(&order, &sources(&order), today))
}

/// The body of an order with these sources.
pub fn render(order: &Order, sources: &Sources, today: Date) -> Result<OrderRequest, Vec<Finding>> {
    let token = token();
    let marks = Marks {
        token: &token,
        alternative_order_id: true,
    };
    order_request(order, sources, marks, today)
}

/// What the operator would read behind an order's references.
pub fn sources(order: &Order) -> Sources {
    let certificate = &order.certificate;
    let key_type = certificate
        .csr_key_type
        .map(|key_type| serde_json::to_value(key_type).unwrap());
    let size = certificate.key_size.as_ref().map(docsign::api::KeySize::text);
    let csr = requests::fitting(key_type.as_ref().and_then(Value::as_str), size.as_deref());
    Sources {
        csr: certificate.csr_from.as_ref().map(|_| Confidential::new(csr)),
        individual: order
            .individual_from
            .as_ref()
            .map(|_| Individual::parse(&individual()).unwrap()),
        ship_info: order
            .ship_info_from
            .as_ref()
            .map(|_| ShipInfo::parse(&ship_info()).unwrap()),
        credit_card: order
            .credit_card_from
            .as_ref()
            .map(|_| Card::parse(&card()).unwrap()),
        renewal_of_order_id: order.renewal_of.as_ref().map(|_| 112_200),
    }
}

/// A Secret with a person.
pub fn individual() -> SecretData {
    secret(&[
        ("firstName", "Zebulon"),
        ("lastName", "Quux"),
        ("email", "zebulon@example.com"),
        ("telephone", "+1-555-777-8888"),
        ("country", "us"),
    ])
}

/// A Secret with an address.
pub fn ship_info() -> SecretData {
    secret(&[
        ("name", "Zebulon Quux"),
        ("addr1", "1 Hidden Road"),
        ("city", "Lehi"),
        ("state", "Utah"),
        ("zip", "84043"),
        ("country", "us"),
        ("method", "EXPEDITED"),
    ])
}

/// A Secret with a card.
pub fn card() -> SecretData {
    secret(&[
        ("number", "4111111111111111"),
        ("expirationMonth", "09"),
        ("expirationYear", "2031"),
        ("cvv", "333"),
        ("cardholderName", "Zebulon Quux"),
    ])
}

/// The data of a Secret.
pub fn secret(pairs: &[(&str, &str)]) -> SecretData {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()))
        .collect()
}
