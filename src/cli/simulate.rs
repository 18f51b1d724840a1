//! `docsign simulate`: CertCentral on a local port.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    time::Duration,
};

use clap::Args;

use crate::simulator::{self, People, SimulatorSettings};

/// Run a simulated CertCentral. Its first line of output is the base URL of its API; the control API is under /_sim/
#[derive(Debug, Args)]
pub struct Simulate {
    /// Where to listen; port 0 takes any free port
    #[arg(long, env = "DOCSIGN_SIMULATOR_ADDRESS", default_value = "127.0.0.1:8085")]
    address: SocketAddr,
    /// An API key that is accepted; may be given several times
    #[arg(
        long = "api-key",
        env = "DOCSIGN_API_KEY",
        hide_env_values = true,
        default_value = "simulator-key"
    )]
    api_keys: Vec<String>,
    /// Moves the order numbers, and draws for faults with a probability
    #[arg(long, env = "DOCSIGN_SIMULATOR_SEED", default_value_t = 0)]
    seed: u64,
    /// Nobody acts on orders by himself; use the API or /_sim/orders/{id}/approve, validate, issue, reject
    #[arg(long, conflicts_with_all = ["approve_after", "validate_after", "issue_after"])]
    manual: bool,
    /// Seconds until the approver approves an order
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    approve_after: u64,
    /// Seconds until the applicant's identity is validated
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    validate_after: u64,
    /// Seconds until DigiCert issues the certificate
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    issue_after: u64,
}

/// Runs until Ctrl-C or SIGTERM. Errors: the address can't be listened on.
pub async fn run(arguments: Simulate) -> io::Result<()> {
    let Simulate {
        address,
        api_keys,
        seed,
        manual,
        approve_after,
        validate_after,
        issue_after,
    } = arguments;
    let people = if manual {
        People::Manual
    } else {
        People::Automatic {
            approve: Duration::from_secs(approve_after),
            validate: Duration::from_secs(validate_after),
            issue: Duration::from_secs(issue_after),
        }
    };
    let settings = SimulatorSettings {
        address,
        api_keys,
        seed,
        people,
        ..SimulatorSettings::default()
    };
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let listening = |url: &str| {
        // who started it may not be reading
        let _ = writeln!(io::stdout(), "{url}").and_then(|()| io::stdout().flush());
    };
    let asked_to_stop = async {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    };
    simulator::serve(settings, listening, asked_to_stop).await
}
