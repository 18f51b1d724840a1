//! docsign-operator orders DigiCert CertCentral *Document Signing for Individual* certificates from
//! Kubernetes manifests, and never pays twice for one.
//!
//! The map of this tree, from what decides to what acts:
//!
//! | module | idea |
//! |---|---|
//! | [`api`] | the custom resources: types, conditions, reasons; no logic beyond accessors |
//! | [`domain`] | values that can only be right: order key, CSR, the order request; the request budget |
//! | [`plan`] | **the decision table**: what was observed in, one action and the status out. Pure |
//! | [`certcentral`] | a typed client of CertCentral's API; knows HTTP, knows nothing of Kubernetes |
//! | [`controller`] | the shell: observe, plan, act, record; the only code with effects |
//! | [`serve`] | the process: admin HTTP, metrics, telemetry, clock, shutdown |
//! | [`simulator`] | CertCentral as a state machine behind the documented API, with people and faults |
//! | [`settings`] | flags and environment into [`settings::Settings`]; the only reader of the environment |
//! | [`cli`] | one file per subcommand |
//!
//! Money is spent in one row of one table, `plan` row `Place` (`Action::Place`), and leaves through one
//! function, `controller::place::place`.

pub mod api;
pub mod certcentral;
pub mod cli;
pub mod controller;
pub mod domain;
pub mod plan;
pub mod serve;
pub mod settings;
pub mod simulator;
