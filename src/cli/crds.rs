//! `docsign crds`: prints the CustomResourceDefinitions.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use crate::api::{crd_yaml, crds};

/// Prints the CustomResourceDefinitions, ready for `kubectl apply --server-side -f -`.
#[derive(clap::Args, Debug)]
pub struct CrdsArgs {
    /// The one to print, by kind, plural or full name, such as Purchase; all when left out.
    name: Option<String>,
    /// Writes one file per kind into this directory instead, named by the plural.
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
}

/// Prints or writes them; fails when the name is not known or nothing can be written.
pub fn run(args: &CrdsArgs) -> ExitCode {
    let chosen: Vec<_> = crds()
        .into_iter()
        .filter(|crd| is_meant(crd, args.name.as_deref()))
        .collect();
    if chosen.is_empty() {
        let known: Vec<_> = crds().into_iter().map(|crd| crd.spec.names.kind).collect();
        return failed(&format!("no such kind; there are {}", known.join(", ")));
    }
    let written = match &args.directory {
        None => chosen.iter().try_for_each(|crd| {
            io::stdout()
                .lock()
                .write_all(format!("---\n{}", crd_yaml(crd)).as_bytes())
        }),
        Some(directory) => chosen
            .iter()
            .try_for_each(|crd| std::fs::write(directory.join(file_name(crd)), crd_yaml(crd))),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("can't write: {error}")),
    }
}

/// The name of a definition's file in `crds/`.
fn file_name(crd: &CustomResourceDefinition) -> String {
    format!("{}.yaml", crd.spec.names.plural)
}

fn is_meant(crd: &CustomResourceDefinition, name: Option<&str>) -> bool {
    let names = &crd.spec.names;
    let known = [
        Some(names.kind.as_str()),
        Some(names.plural.as_str()),
        crd.metadata.name.as_deref(),
    ];
    name.is_none_or(|name| {
        known
            .into_iter()
            .flatten()
            .any(|known| known.eq_ignore_ascii_case(name))
    })
}

fn failed(message: &str) -> ExitCode {
    // Nothing is left to tell when standard error is closed too.
    let _ = writeln!(io::stderr(), "docsign crds: {message}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_definitions_are_those_of_the_types() {
        let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("crds");
        for crd in crds() {
            let committed = std::fs::read_to_string(directory.join(file_name(&crd))).unwrap_or_default();
            assert!(
                committed == crd_yaml(&crd),
                "crds/{} is stale; run: cargo run -- crds --directory crds",
                file_name(&crd)
            );
        }
        let files = std::fs::read_dir(&directory).unwrap().count();
        assert_eq!(
            files,
            crds().len(),
            "crds/ holds a file that no type stands behind"
        );
    }

    #[test]
    fn a_definition_is_found_by_each_of_its_names() {
        let purchase = crds()
            .into_iter()
            .find(|crd| crd.spec.names.kind == "Purchase")
            .unwrap();
        for name in ["Purchase", "purchases", "purchases.docsign.dev"] {
            assert!(is_meant(&purchase, Some(name)), "{name}");
        }
        assert!(!is_meant(&purchase, Some("order")));
    }
}
