//! The metrics, as the process itself prints them.

use super::markdown::{GENERATED, cell, code, table};
use crate::serve::metrics::{Call, Metrics, Outcome, State};

/// `metrics.md`
pub fn metrics() -> String {
    let printed = example().text();
    let rows: Vec<_> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("# HELP "))
        .filter_map(|line| line.split_once(' '))
        .map(|(name, help)| {
            let about = |line: &&str| line.starts_with(&format!("# TYPE {name} "));
            let kind = printed
                .lines()
                .find(about)
                .and_then(|line| line.rsplit(' ').next());
            let sample = printed.lines().find(|line| {
                let rest = line.strip_prefix(name).unwrap_or_default();
                rest.starts_with(['{', ' ']) || rest.starts_with("_total")
            });
            let (sample, _) = sample
                .and_then(|line| line.rsplit_once(' '))
                .unwrap_or((name, ""));
            let (name, labels) = sample.split_once('{').unwrap_or((sample, ""));
            let labels: Vec<_> = labels
                .split(',')
                .filter_map(|label| label.split_once('='))
                .map(|(label, _)| code(label))
                .collect();
            vec![
                code(name),
                kind.unwrap_or_default().to_owned(),
                if labels.is_empty() {
                    "–".to_owned()
                } else {
                    labels.join(", ")
                },
                cell(help),
            ]
        })
        .collect();
    format!(
        "{GENERATED}\n# Metrics\n\nServed as OpenMetrics text under `/metrics` at `--admin-address`. No label ever names an object or a person: each has \
a closed list of values. `reason` has the reasons of [status.md](status.md).\n\n{}",
        table(&["metric", "type", "labels", "meaning"], &rows)
    )
}

/// Metrics that were all counted once: what was never counted is not printed.
fn example() -> Metrics {
    let metrics = Metrics::default();
    let outcome = Outcome { outcome: "" };
    let state = State { reason: "" };
    metrics.passes.get_or_create(&outcome).inc();
    metrics.placed.get_or_create(&outcome).inc();
    let call = Call {
        endpoint: "",
        outcome: "",
    };
    metrics.calls.get_or_create(&call).inc();
    metrics.orders.get_or_create(&state).set(1);
    metrics.open_purchases.set(1);
    metrics.holds.get_or_create(&state).inc();
    metrics
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_metric_is_left_out() {
        let source = include_str!("../../serve/metrics.rs");
        let registered = source.matches("registry.register(").count();
        let told = super::metrics().matches("| `docsign_").count();
        assert_eq!(told, registered);
    }
}
