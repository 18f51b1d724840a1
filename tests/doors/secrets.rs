//! What comes from Secrets is held to the same as what stands in a manifest: whatever is read from one, the simulator takes.

use docsign::api::DocumentSigningOrder;
use docsign::domain::request::{Card, Individual, SecretData, ShipInfo, SourceError, Sources};
use docsign::simulator::Clock;
use serde_json::{Value, json};

use super::page::{self, Page};
use super::samples;
use super::schema::{Node, kinds};
use super::values::tries;

/// A Secret that an order refers to: the good manifest that does, where its fields stand in a manifest, and how it is read.
struct Source {
    base: usize,
    fields: Option<&'static str>,
    good: SecretData,
    read: fn(&SecretData, &mut Sources) -> Result<(), Vec<SourceError>>,
}

fn all() -> Vec<Source> {
    vec![
        Source {
            base: 2,
            fields: Some("spec.order.individual."),
            good: page::individual(),
            read: |data, sources| {
                sources.individual = Some(Individual::parse(data)?);
                Ok(())
            },
        },
        Source {
            base: 5,
            fields: Some("spec.order.shipInfo."),
            good: page::ship_info(),
            read: |data, sources| {
                sources.ship_info = Some(ShipInfo::parse(data)?);
                Ok(())
            },
        },
        // A card stands in no manifest, so its fields have no schema but that they are text.
        Source {
            base: 4,
            fields: None,
            good: page::card(),
            read: |data, sources| {
                sources.credit_card = Some(Card::parse(data)?);
                Ok(())
            },
        },
    ]
}

impl Source {
    fn keys(&self) -> Vec<Node> {
        let Some(prefix) = self.fields else {
            let text = json!({"type": "string", "maxLength": 19, "minLength": 1});
            let key = |path: &String| Node {
                path: path.clone(),
                schema: text.clone(),
                required: true,
            };
            return self.good.keys().map(key).collect();
        };
        let nodes = kinds()[0].nodes().into_iter();
        nodes
            .filter_map(|node| {
                let path = node.path.strip_prefix(prefix)?.to_owned();
                Some(Node { path, ..node })
            })
            .collect()
    }
}

#[tokio::test]
async fn whatever_is_read_from_a_secret_the_page_takes() {
    let page = Page::at(Clock::real().now());
    let bases = samples::orders("2027-06-09");
    let (mut taken, mut refused, mut wrong) = (0, 0, Vec::new());
    for source in all() {
        let object: DocumentSigningOrder = serde_json::from_value(bases[source.base].clone()).unwrap();
        let mut order = object.spec.order.unwrap();
        order.order_validity = serde_json::from_value(json!({"years": 1})).unwrap();
        for key in source.keys() {
            let sample = source
                .good
                .get(&key.path)
                .map_or("x".into(), |text| String::from_utf8_lossy(text));
            let (mut accepted_one, mut refused_one) = (false, false);
            for (_, value) in tries(&key, &json!(sample)) {
                let mut data = source.good.clone();
                match value {
                    None => data.remove(&key.path),
                    Some(Value::String(text)) => data.insert(key.path.clone(), text.into_bytes()),
                    Some(other) => data.insert(key.path.clone(), serde_json::to_vec(&other).unwrap()),
                };
                let mut sources = page::sources(&order);
                match (source.read)(&data, &mut sources) {
                    Ok(()) => {
                        accepted_one = true;
                        taken += 1;
                        let body = page::render(&order, &sources, page.today).unwrap();
                        if let Err(codes) = page.place(&serde_json::to_value(body).unwrap()).await {
                            wrong.push(format!(
                                "{}: {:?} was read, {codes:?}",
                                key.path,
                                data.get(&key.path)
                            ));
                        }
                    }
                    Err(errors) => {
                        refused_one = true;
                        refused += 1;
                        // Each names its key.
                        assert!(
                            errors.iter().all(|error| error.to_string().contains(&key.path)),
                            "{errors:?}"
                        );
                    }
                }
            }
            assert!(
                accepted_one && (refused_one || !key.required),
                "{} was not tried both ways",
                key.path
            );
        }
    }
    println!(
        "{} Secrets: {taken} read and taken, {refused} refused by their key",
        taken + refused
    );
    assert_eq!(wrong, Vec::<String>::new());
}
