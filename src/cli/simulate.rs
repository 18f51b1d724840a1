//! `docsign simulate`: CertCentral on a local port.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    time::Duration,
};

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

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
        value_delimiter = ',',
        default_value = "simulator-key"
    )]
    api_keys: Vec<SecretString>,
    /// Moves the order numbers, and draws for faults with a probability
    #[arg(long, env = "DOCSIGN_SIMULATOR_SEED", default_value_t = 0)]
    seed: u64,
    /// Nobody acts on orders by himself; use the API or /_sim/orders/{id}/approve, validate, issue, reject
    #[arg(long, env = "DOCSIGN_SIMULATOR_MANUAL", conflicts_with_all = ["approve_after", "validate_after", "issue_after"])]
    manual: bool,
    /// Seconds until the approver approves an order
    #[arg(
        long,
        env = "DOCSIGN_SIMULATOR_APPROVE_AFTER",
        value_name = "SECONDS",
        default_value_t = 2
    )]
    approve_after: u64,
    /// Seconds until the applicant's identity is validated
    #[arg(
        long,
        env = "DOCSIGN_SIMULATOR_VALIDATE_AFTER",
        value_name = "SECONDS",
        default_value_t = 2
    )]
    validate_after: u64,
    /// Seconds until DigiCert issues the certificate
    #[arg(
        long,
        env = "DOCSIGN_SIMULATOR_ISSUE_AFTER",
        value_name = "SECONDS",
        default_value_t = 2
    )]
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
    let api_keys = api_keys
        .iter()
        .map(|key| key.expose_secret().to_owned())
        .collect();
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

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        simulate: Simulate,
    }

    #[test]
    fn the_flags_are_consistent() {
        Program::command().debug_assert();
    }

    #[test]
    fn nobody_acts_after_a_delay_when_all_is_manual() {
        assert!(
            Program::try_parse_from(["simulate", "--manual"])
                .unwrap()
                .simulate
                .manual
        );
        assert!(Program::try_parse_from(["simulate", "--manual", "--issue-after", "1"]).is_err());
    }

    #[test]
    fn keys_are_not_printed() {
        let program = Program::try_parse_from(["simulate", "--api-key", "k-e-y"]).unwrap();
        assert!(!format!("{program:?}").contains("k-e-y"));
    }
}
