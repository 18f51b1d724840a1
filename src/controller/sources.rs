//! Reading what a manifest refers to, and making the order request out of it.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Api, ResourceExt};
use sha2::{Digest, Sha256};

use super::context::Context;
use super::error::{Error, answered};
use crate::api::{
    ANNOTATION_ORDER_ANEW, ANNOTATION_RETRY, AfterOrder, CreditCardFrom, CsrSource, DeletionPolicy,
    DocumentSigningOrder, KeyRef,
};
use crate::domain::order_key::OrderKey;
use crate::domain::request::{
    Card, Confidential, Individual, Marks, OrderRequest, SecretData, Severity, ShipInfo, SourceError,
    Sources, order_request,
};
use crate::plan::Finding;

/// What a manifest asks CertCentral for, as far as it can be made out.
pub(super) struct Prepared {
    /// The request, or what is wrong; `None` where there is no spec.order.
    pub request: Option<Result<OrderRequest, Vec<Finding>>>,
    /// A fingerprint of the versions of all it was made from.
    pub inputs: String,
    /// The card's Secret, where it is there and is to be deleted after the order.
    pub card_secret: Option<CardSecret>,
    /// The request is whole. One whose card is gone can still be compared with what was bought.
    pub can_be_sent: bool,
}

/// The Secret that holds a card, as it was read.
pub(super) struct CardSecret {
    pub name: String,
    pub uid: Option<String>,
    pub resource_version: Option<String>,
    pub created: Timestamp,
}

/// Reads the sources and makes the request.
pub(super) async fn prepare(
    context: &Context,
    order: &DocumentSigningOrder,
    key: &OrderKey,
    alternative_order_id: bool,
    account_version: &str,
    is_bought: bool,
) -> Result<Prepared, Error> {
    let mut reading = Reading {
        context,
        namespace: order.namespace().unwrap_or_default(),
        versions: vec![account_version.to_owned()],
        findings: Vec::new(),
        card_secret: None,
        is_bought,
        can_be_sent: true,
    };
    for annotation in [ANNOTATION_RETRY, ANNOTATION_ORDER_ANEW] {
        reading
            .versions
            .push(order.annotations().get(annotation).cloned().unwrap_or_default());
    }
    let Some(wanted) = &order.spec.order else {
        return Ok(Prepared {
            request: None,
            inputs: reading.fingerprint(),
            card_secret: None,
            can_be_sent: true,
        });
    };
    let mut sources = Sources::default();
    if let Some(from) = &wanted.certificate.csr_from {
        sources.csr = reading.text("spec.order.certificate.csrFrom", from).await?;
    }
    if let Some(from) = &wanted.individual_from {
        sources.individual = reading
            .secret(
                "spec.order.individualFrom",
                &from.secret_ref.name,
                Individual::parse,
            )
            .await?;
    }
    if let Some(from) = &wanted.ship_info_from {
        sources.ship_info = reading
            .secret("spec.order.shipInfoFrom", &from.secret_ref.name, ShipInfo::parse)
            .await?;
    }
    if let Some(from) = &wanted.credit_card_from {
        sources.credit_card = reading.card(from).await?;
    }
    if let Some(renewed) = &wanted.renewal_of {
        sources.renewal_of_order_id = reading.renewed(&renewed.name);
    }
    reading.findings.extend(not_carried_out(order));
    let inputs = reading.fingerprint();
    if !reading.findings.is_empty() {
        return Ok(Prepared {
            request: Some(Err(reading.findings)),
            inputs,
            card_secret: reading.card_secret,
            can_be_sent: false,
        });
    }
    let token = key.token();
    let marks = Marks {
        token: &token,
        alternative_order_id,
    };
    let today = context.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let request = order_request(wanted, &sources, marks, today).map_err(|findings| {
        findings
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| Finding {
                field: finding.field,
                message: finding.message,
                source: false,
            })
            .collect()
    });
    Ok(Prepared {
        request: Some(request),
        inputs,
        card_secret: reading.card_secret,
        can_be_sent: reading.can_be_sent,
    })
}

/// What a manifest asks for beside the order and this version does not do yet: better said before money is spent
/// than found out afterwards.
fn not_carried_out(order: &DocumentSigningOrder) -> Vec<Finding> {
    let spec = &order.spec;
    let asked = [
        (
            "spec.deletionPolicy",
            spec.deletion_policy != DeletionPolicy::Retain,
            "this version carries out Retain only; remove the field",
        ),
        (
            "spec.certificateTarget",
            spec.certificate_target.is_some(),
            "this version writes no certificates; remove the field and fetch the certificate from CertCentral by status.certificateID",
        ),
        (
            "spec.replacementCSR",
            spec.replacement_csr.is_some() || spec.replacement_csr_from.is_some(),
            "this version replaces no CSR; put the CSR you want into spec.order",
        ),
    ];
    let finding = |(field, asked, message): (&str, bool, &str)| {
        asked.then(|| Finding {
            field: field.to_owned(),
            message: message.to_owned(),
            source: false,
        })
    };
    asked.into_iter().filter_map(finding).collect()
}

struct Reading<'a> {
    context: &'a Context,
    namespace: String,
    versions: Vec<String>,
    findings: Vec<Finding>,
    card_secret: Option<CardSecret>,
    is_bought: bool,
    can_be_sent: bool,
}

impl Reading<'_> {
    fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.versions.join("\n").as_bytes());
        data_encoding::HEXLOWER.encode(digest.get(..8).unwrap_or(&digest))
    }

    async fn text(&mut self, field: &str, from: &CsrSource) -> Result<Option<Confidential>, Error> {
        let bytes = match (&from.config_map_key_ref, &from.secret_key_ref) {
            (Some(reference), _) => self.config_map_key(reference).await?,
            (None, Some(reference)) => self.secret_key(reference).await?,
            (None, None) => None,
        };
        let named = from.config_map_key_ref.as_ref().or(from.secret_key_ref.as_ref());
        let (name, key) = named
            .map(|named| (named.name.as_str(), named.key.as_str()))
            .unwrap_or_default();
        let text = bytes.map(String::from_utf8);
        match text {
            Some(Ok(text)) => Ok(Some(Confidential::new(text))),
            Some(Err(_)) => {
                self.missing(field, format!("{name}, key {key}: not text; write the PEM there"));
                Ok(None)
            }
            None => {
                self.missing(
                    field,
                    format!("{name} with the key {key} does not exist; create it in this namespace"),
                );
                Ok(None)
            }
        }
    }

    async fn config_map_key(&mut self, reference: &KeyRef) -> Result<Option<Vec<u8>>, Error> {
        let maps: Api<ConfigMap> = Api::namespaced(self.context.client.clone(), &self.namespace);
        let map = answered("reading a ConfigMap", maps.get_opt(&reference.name)).await?;
        self.versions.push(
            map.as_ref()
                .and_then(ResourceExt::resource_version)
                .unwrap_or_default(),
        );
        Ok(map
            .and_then(|map| map.data?.remove(&reference.key))
            .map(String::into_bytes))
    }

    async fn secret_key(&mut self, reference: &KeyRef) -> Result<Option<Vec<u8>>, Error> {
        Ok(self
            .read(&reference.name)
            .await?
            .and_then(|secret| data(secret).remove(&reference.key)))
    }

    async fn secret<T>(
        &mut self,
        field: &str,
        name: &str,
        parse: impl FnOnce(&SecretData) -> Result<T, Vec<SourceError>>,
    ) -> Result<Option<T>, Error> {
        let secret = self.read(name).await?;
        Ok(self.parsed(field, name, secret.map(data), parse))
    }

    async fn card(&mut self, from: &CreditCardFrom) -> Result<Option<Card>, Error> {
        let name = &from.secret_ref.name;
        let secret = self.read(name).await?;
        if secret.is_none() && self.is_bought {
            // It went when the order came to exist. What was bought is compared without it.
            self.can_be_sent = false;
            return Ok(Some(Card::gone()));
        }
        self.card_secret = secret
            .as_ref()
            .filter(|secret| from.after_order == AfterOrder::Delete && holds_a_card(secret))
            .and_then(|secret| {
                Some(CardSecret {
                    name: name.clone(),
                    uid: secret.uid(),
                    resource_version: secret.resource_version(),
                    created: secret.creation_timestamp()?.0,
                })
            });
        Ok(self.parsed("spec.order.creditCardFrom", name, secret.map(data), Card::parse))
    }

    fn parsed<T>(
        &mut self,
        field: &str,
        name: &str,
        data: Option<SecretData>,
        parse: impl FnOnce(&SecretData) -> Result<T, Vec<SourceError>>,
    ) -> Option<T> {
        let Some(data) = data else {
            self.missing(
                field,
                format!("Secret {name} does not exist; create it in this namespace"),
            );
            return None;
        };
        match parse(&data) {
            Ok(value) => Some(value),
            Err(errors) => {
                for error in errors {
                    self.missing(field, format!("Secret {name}: {error}"));
                }
                None
            }
        }
    }

    async fn read(&mut self, name: &str) -> Result<Option<Secret>, Error> {
        let secrets: Api<Secret> = Api::namespaced(self.context.client.clone(), &self.namespace);
        let secret = answered("reading a Secret", secrets.get_opt(name)).await?;
        self.versions.push(
            secret
                .as_ref()
                .and_then(ResourceExt::resource_version)
                .unwrap_or_default(),
        );
        Ok(secret)
    }

    fn renewed(&mut self, name: &str) -> Option<i64> {
        let renewed = self.context.cached_order(&self.namespace, name);
        let id = renewed.as_ref().and_then(|order| order.status.as_ref()?.order_id);
        self.versions
            .push(id.map(|id| id.to_string()).unwrap_or_default());
        if id.is_none() {
            let what = if renewed.is_some() {
                "has no order ID yet"
            } else {
                "does not exist"
            };
            self.missing(
                "spec.order.renewalOf",
                format!("DocumentSigningOrder {name} {what}"),
            );
        }
        id
    }

    fn missing(&mut self, field: &str, message: String) {
        self.findings.push(Finding {
            field: field.to_owned(),
            message,
            source: true,
        });
    }
}

fn data(secret: Secret) -> SecretData {
    let data = secret.data.unwrap_or_default();
    data.into_iter().map(|(key, value)| (key, value.0)).collect()
}

/// All keys of a card are there: whatever else a manifest may name as its card is nothing of ours to delete.
fn holds_a_card(secret: &Secret) -> bool {
    let data = secret.data.as_ref();
    data.is_some_and(|data| Card::KEYS.iter().all(|key| data.contains_key(*key)))
}
