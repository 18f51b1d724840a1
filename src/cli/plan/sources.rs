//! What a manifest in the cluster refers to, as far as its user may read it.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use serde_json::Value;

use crate::api::{CsrSource, DocumentSigningOrder, PurchaseSpec};
use crate::cli::cluster::{self, Cluster, Readable};
use crate::cli::output::Failure;
use crate::cli::stand_in;
use crate::domain::order_key::OrderKey;
use crate::domain::request::{
    Card, Confidential, Individual, Marks, SecretData, Severity, ShipInfo, SourceError, Sources,
    order_request,
};
use crate::plan::{Finding, Request};

/// What the manifest asks for.
pub struct Prepared {
    /// As decisions need it.
    pub request: Request,
    /// The masked body.
    pub body: Option<Value>,
}

/// Reads what the manifest refers to and makes the request of it. What may not be read is assumed to be fine, and
/// noted.
pub async fn prepare(
    cluster: &Cluster,
    order: &DocumentSigningOrder,
    key: &OrderKey,
    alternative_order_id: bool,
    purchase: Option<&PurchaseSpec>,
    now: Timestamp,
    notes: &mut Vec<String>,
) -> Result<Prepared, Failure> {
    let failure = order.status.as_ref().and_then(|status| status.failure.as_ref());
    // The operator alone knows the versions of all that it read: a stored failure is taken as still holding.
    let inputs = failure
        .and_then(|failure| failure.inputs.clone())
        .unwrap_or_default();
    let Some(wanted) = &order.spec.order else {
        return Ok(Prepared {
            request: Request::Absent,
            body: None,
        });
    };
    let (fitted, stand_ins) = stand_in::sources_for(wanted);
    let mut reading = Reading {
        cluster,
        findings: Vec::new(),
        forbidden: Vec::new(),
    };
    let mut sources = Sources::default();
    let mut chosen = wanted;
    if let Some(from) = &wanted.certificate.csr_from {
        match reading.csr(from).await? {
            Readable::Found(csr) => sources.csr = Some(csr),
            Readable::Missing => {}
            Readable::Forbidden => (sources.csr, chosen) = (stand_ins.csr, &fitted),
        }
    }
    if let Some(from) = &wanted.individual_from {
        let field = "spec.order.individualFrom";
        let read = reading
            .secret(field, &from.secret_ref.name, Individual::parse)
            .await?;
        sources.individual = read.or(stand_ins.individual);
    }
    if let Some(from) = &wanted.ship_info_from {
        let field = "spec.order.shipInfoFrom";
        let read = reading
            .secret(field, &from.secret_ref.name, ShipInfo::parse)
            .await?;
        sources.ship_info = read.or(stand_ins.ship_info);
    }
    if let Some(from) = &wanted.credit_card_from {
        let field = "spec.order.creditCardFrom";
        let read = reading.secret(field, &from.secret_ref.name, Card::parse).await?;
        sources.credit_card = read.or(stand_ins.credit_card);
    }
    if let Some(renewed) = &wanted.renewal_of {
        sources.renewal_of_order_id = reading.renewed(&renewed.name).await?;
    }
    let read_all = reading.forbidden.is_empty();
    notes.extend(
        reading
            .forbidden
            .iter()
            .map(|what| format!("you may not read {what}: it is taken as complete")),
    );
    if !reading.findings.is_empty() {
        let findings = reading.findings;
        return Ok(Prepared {
            request: Request::Unusable { findings, inputs },
            body: None,
        });
    }
    let token = key.token();
    let marks = Marks {
        token: &token,
        alternative_order_id,
    };
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    Ok(match order_request(chosen, &sources, marks, today) {
        Ok(request) => {
            let recorded = purchase.and_then(|purchase| purchase.inputs.as_deref());
            let account = &order.spec.account_ref;
            let account = format!("{}/{}", account.kind.as_str(), account.name);
            let as_bought = recorded.filter(|_| read_all).and_then(|recorded| {
                let salt = recorded.split('.').nth(1)?;
                Some(request.inputs_digest(salt, &account) == recorded)
            });
            Prepared {
                request: Request::Usable { as_bought, inputs },
                body: Some(request.masked()),
            }
        }
        Err(findings) => Prepared {
            request: Request::Unusable {
                findings: findings
                    .into_iter()
                    .filter(|finding| finding.severity == Severity::Error)
                    .map(|finding| Finding {
                        field: finding.field,
                        message: finding.message,
                        source: false,
                    })
                    .collect(),
                inputs,
            },
            body: None,
        },
    })
}

struct Reading<'a> {
    cluster: &'a Cluster,
    findings: Vec<Finding>,
    forbidden: Vec<String>,
}

impl Reading<'_> {
    async fn csr(&mut self, from: &CsrSource) -> Result<Readable<Confidential>, Failure> {
        let (what, key, data) = match (&from.config_map_key_ref, &from.secret_key_ref) {
            (Some(named), _) => {
                let maps: Api<ConfigMap> =
                    Api::namespaced(self.cluster.client.clone(), &self.cluster.namespace);
                let map = cluster::read(&maps, "ConfigMap", &named.name).await?;
                let data = map.map(|map| {
                    let data = map.data.unwrap_or_default().into_iter();
                    data.map(|(key, text)| (key, text.into_bytes())).collect()
                });
                (format!("ConfigMap {}", named.name), named.key.as_str(), data)
            }
            (None, Some(named)) => (
                format!("Secret {}", named.name),
                named.key.as_str(),
                self.data(&named.name).await?,
            ),
            (None, None) => return Ok(Readable::Missing),
        };
        let data: SecretData = match data {
            Readable::Found(data) => data,
            Readable::Missing => SecretData::new(),
            Readable::Forbidden => {
                self.forbidden.push(what);
                return Ok(Readable::Forbidden);
            }
        };
        let text = data.get(key).and_then(|bytes| std::str::from_utf8(bytes).ok());
        if let Some(text) = text {
            return Ok(Readable::Found(Confidential::new(text)));
        }
        let message = format!("{what} with the key {key} and a PEM text in it does not exist; create it");
        self.missing("spec.order.certificate.csrFrom", message);
        Ok(Readable::Missing)
    }

    async fn secret<T>(
        &mut self,
        field: &str,
        name: &str,
        parse: impl FnOnce(&SecretData) -> Result<T, Vec<SourceError>>,
    ) -> Result<Option<T>, Failure> {
        match self.data(name).await? {
            Readable::Found(data) => match parse(&data) {
                Ok(value) => return Ok(Some(value)),
                Err(errors) => {
                    for error in errors {
                        self.missing(field, format!("Secret {name}: {error}"));
                    }
                }
            },
            Readable::Missing => self.missing(field, format!("Secret {name} does not exist; create it")),
            Readable::Forbidden => self.forbidden.push(format!("Secret {name}")),
        }
        Ok(None)
    }

    async fn data(&self, name: &str) -> Result<Readable<SecretData>, Failure> {
        let secrets: Api<Secret> = Api::namespaced(self.cluster.client.clone(), &self.cluster.namespace);
        let secret = cluster::read(&secrets, "Secret", name).await?;
        Ok(secret.map(|secret| {
            let data = secret.data.unwrap_or_default().into_iter();
            data.map(|(key, value)| (key, value.0)).collect()
        }))
    }

    async fn renewed(&mut self, name: &str) -> Result<Option<i64>, Failure> {
        let orders: Api<DocumentSigningOrder> =
            Api::namespaced(self.cluster.client.clone(), &self.cluster.namespace);
        let what = match cluster::read(&orders, "DocumentSigningOrder", name).await? {
            Readable::Found(order) => match order.status.and_then(|status| status.order_id) {
                Some(id) => return Ok(Some(id)),
                None => "has no order ID yet",
            },
            Readable::Missing => "does not exist",
            Readable::Forbidden => {
                self.forbidden.push(format!("DocumentSigningOrder {name}"));
                return Ok(Some(0));
            }
        };
        self.missing(
            "spec.order.renewalOf",
            format!("DocumentSigningOrder {name} {what}"),
        );
        Ok(None)
    }

    fn missing(&mut self, field: &str, message: String) {
        self.findings.push(Finding {
            field: field.to_owned(),
            message,
            source: true,
        });
    }
}
