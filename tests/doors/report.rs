//! Prints what came out, and fails where a door disagrees or something was not tried.

use std::collections::BTreeSet;

use super::judge::Tally;
use super::schema::{Kind, Node};

/// Places that can't be both accepted and refused, and why.
const ONE_WAY: [(&str, &str); 1] = [("spec.order.creditCard", "it exists to be refused")];

/// Prints the figures of a kind and holds them to what is wanted.
pub fn report(kind: &Kind, tally: &Tally) {
    let leaves: BTreeSet<_> = kind
        .nodes()
        .into_iter()
        .filter(Node::is_leaf)
        .map(|node| node.path)
        .collect();
    let one_way = |path: &String| ONE_WAY.iter().any(|(way, _)| way == path);
    let accepted = |path: &String| tally.accepted.contains(path) || one_way(path);
    let touched: BTreeSet<_> = leaves
        .iter()
        .filter(|path| accepted(path) && tally.refused.contains(*path))
        .collect();
    let rules = kind.rules();
    let tried: Vec<_> = rules
        .iter()
        .filter(|rule| tally.broken.contains(rule) && (tally.kept.contains(rule) || one_way(&rule.field)))
        .collect();
    println!("{}: {} cases", kind.name, tally.cases);
    for (door, [accepted, refused]) in &tally.doors {
        println!("  {door}: {accepted} accepted, {refused} refused");
    }
    println!(
        "  fields accepted and refused: {} of {}",
        touched.len(),
        leaves.len()
    );
    println!("  rules kept and broken: {} of {}", tried.len(), rules.len());
    println!("  disagreements: {}", tally.disagreements.len());
    let untouched: Vec<_> = leaves.iter().filter(|path| !touched.contains(path)).collect();
    let unruled: Vec<_> = rules
        .iter()
        .filter(|rule| !tried.contains(rule))
        .map(|rule| {
            (
                &rule.field,
                &rule.message,
                tally.broken.contains(rule),
                tally.kept.contains(rule),
            )
        })
        .collect();
    for line in &tally.disagreements {
        println!("  {line}");
    }
    assert_eq!(
        untouched,
        Vec::<&String>::new(),
        "fields that nothing was tried with"
    );
    assert!(
        unruled.is_empty(),
        "rules that nothing broke, or nothing kept: {unruled:#?}"
    );
    assert!(
        tally.disagreements.is_empty(),
        "{} disagreements",
        tally.disagreements.len()
    );
}
