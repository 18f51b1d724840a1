//! Ways to take for an answer what is none.

use super::{Edit, LEDGER, Mutant, PLACE};

const LIST: &str = "src/certcentral/list.rs";
const LOOK_UP: &str = "src/controller/look_up.rs";

pub const ANSWERS: &[Mutant] = &[
    Mutant {
        name: "a 404 that is not CertCentral's is taken for an empty look-up",
        script: "blind",
        edits: &[Edit {
            file: "src/certcentral/error.rs",
            from: "            None => Class::Unreadable(Unreadable::Foreign { status }),\n",
            to: "            None if status == 404 => Class::NotFound,
            None => Class::Unreadable(Unreadable::Foreign { status }),\n",
        }],
    },
    Mutant {
        name: "an answer without a list is an empty list",
        script: "blind",
        edits: &[Edit {
            file: LIST,
            from: "        let items = answer.field(\"orders\").list().ok_or(Unreadable::Unexpected)?;\n",
            to: "        let items = answer.field(\"orders\").items();\n",
        }],
    },
    Mutant {
        name: "a list ends with its first short page, whatever its total",
        script: "several",
        edits: &[Edit {
            file: LIST,
            from: "        let more = promised || count >= limit;\n",
            to: "        let more = count >= limit;\n",
        }],
    },
    Mutant {
        name: "an order that is listed and can't be read is taken for none",
        script: "restored",
        edits: &[Edit {
            file: LOOK_UP,
            from: "                None => FoundOrder {
                    id: summary.order_id,
                    ours: true,
                    ..FoundOrder::default()
                },\n",
            to: "                None => continue,\n",
        }],
    },
    Mutant {
        name: "the order id is given up where the API server refuses to record it",
        script: "unseen",
        edits: &[Edit {
            file: PLACE,
            from: "            Err(error) => {\n                tracing::error!(key = %pass.key, order = placed.id, error",
            to: "            Err(error) if error.is_refused() => {
                tracing::error!(key = %pass.key, order = placed.id, \"the order is placed and may not be recorded\");
                break;
            }
            Err(error) => {\n                tracing::error!(key = %pass.key, order = placed.id, error",
        }],
    },
    Mutant {
        name: "a purchase goes with its namespace",
        script: "namespace",
        edits: &[Edit {
            file: LEDGER,
            from: "            name: Some(token.to_string()),\n            ..ObjectMeta::default()\n",
            to: "            name: Some(token.to_string()),
            owner_references: spec.order_ref.namespace_uid.clone().map(|uid| {
                vec![k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference {
                    api_version: \"v1\".to_owned(),
                    kind: \"Namespace\".to_owned(),
                    name: spec.order_ref.namespace.clone(),
                    uid,
                    ..Default::default()
                }]
            }),
            ..ObjectMeta::default()\n",
        }],
    },
    Mutant {
        name: "what does not say which order it is is read as the one that was asked for",
        script: "restored-unmarked",
        edits: &[Edit {
            file: "src/certcentral/order.rs",
            from: "    if order.field(\"id\").id() != Some(asked) {\n",
            to: "    let id = order.field(\"id\");
    if !order.is_object() || (id.is_given() && id.id() != Some(asked)) {\n",
        }],
    },
    Mutant {
        name: "an order that can't be opened is nobody's",
        script: "restored-unmarked",
        edits: &[Edit {
            file: LOOK_UP,
            from: "            let Some(order) = self.read(id).await? else {
                found.maybe.push(id);\n",
            to: "            let Some(order) = self.read(id).await? else {\n",
        }],
    },
    Mutant {
        name: "a purchase that is gone owns its order still",
        script: "restored-unmarked",
        edits: &[Edit {
            file: LOOK_UP,
            from: "        let specs = specs.filter(|spec| spec.order_key != key);\n",
            to: "        let specs = specs.filter(|spec| spec.order_key != key || spec.order_key == key);\n",
        }],
    },
];
