//! The command line without a cluster: whole transcripts, and nothing personal in any of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what a test expects is there, or the test fails"
)]

mod manifests;
mod transcript;

#[path = "cli/plan.rs"]
mod plan;

use manifests::{assert_nothing_personal, client_app, right, with, wrong};
use serde_json::{Value, json};
use tempfile::TempDir;
use transcript::{Said, docsign, said};

/// A directory with files.
fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = TempDir::new().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn run(files: &[(&str, &str)], arguments: &[&str], input: &str) -> Said {
    let directory = directory(files);
    said(docsign(directory.path(), arguments), input)
}

fn text(out: &str, err: &str, code: i32) -> Said {
    Said {
        out: out.to_owned(),
        err: err.to_owned(),
        code,
    }
}

const GOOD: &str = r#"apiVersion: docsign.dev/v1alpha1
kind: DocumentSigningOrder
metadata: {name: zed}
spec:
  accountRef: {name: main}
  order:
    csProvisioningMethod: client_app
    orderValidity: {years: 1}
    individual: {firstName: Zebulon, lastName: Quux, email: zebulon@example.com, telephone: "+1-555-777-8888", country: us, state: ut}
    comments: Hidden
    paymentMethod: balance
"#;

const BAD: &str = r"apiVersion: docsign.dev/v1alpha1
kind: DocumentSigningOrder
metadata: {name: zed}
spec:
  accountRef: {nam: main}
  order:
    csr: Hidden
    csProvisioningMethod: client-app
    orderValidity: {years: 9}
    individual:
      first_name: Zebulon
      lastNmae: Quux
      email: zebulon@example.com
      telephone: +15557778888
      country: no
      Zebulon Quux: Hidden
    userIdAssignments: seven
    payment_method: balance
---
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
";

const BAD_SAYS: &str = "\
bad.yaml:1(zed): spec.accountRef.nam: there is no such field; did you mean name?
bad.yaml:1(zed): spec.order.csProvisioningMethod: write one of email, ship_token, client_app; did you mean client_app?
bad.yaml:1(zed): spec.order.csr: there is no such field here; it belongs to spec.order.certificate
bad.yaml:1(zed): spec.order.individual.(not a name of a field): there is no such field; remove it
bad.yaml:1(zed): spec.order.individual.country: YAML reads this as a number or as true or false: put it in quotes
bad.yaml:1(zed): spec.order.individual.first_name: there is no such field; did you mean firstName?
bad.yaml:1(zed): spec.order.individual.lastNmae: there is no such field; did you mean lastName?
bad.yaml:1(zed): spec.order.individual.telephone: YAML reads this as a number or as true or false: put it in quotes
bad.yaml:1(zed): spec.order.orderValidity.years: write at most 3
bad.yaml:1(zed): spec.order.payment_method: there is no such field; did you mean paymentMethod?
bad.yaml:1(zed): spec.order.userIdAssignments: write a list: one item a line, each behind a hyphen
";

#[test]
fn check_says_nothing_about_what_is_right() {
    assert_eq!(
        run(&[("good.yaml", GOOD)], &["check", "good.yaml"], ""),
        text("", "checked 1 manifest: nothing to do\n", 0)
    );
}

#[test]
fn check_says_in_one_line_each_what_to_do() {
    assert_eq!(
        run(&[("bad.yaml", BAD)], &["check", "bad.yaml"], ""),
        text(
            BAD_SAYS,
            "checked 1 manifest: 11 to do; skipped 1 document of other groups\n",
            1
        )
    );
}

#[test]
fn check_reads_streams_from_standard_input_and_directories() {
    let stream = format!("{GOOD}---\n{BAD}");
    assert_eq!(
        run(&[], &["check", "-"], &stream),
        text(
            &BAD_SAYS.replace("bad.yaml:1", "-:2"),
            "checked 2 manifests: 11 to do; skipped 1 document of other groups\n",
            1
        )
    );
    let files = [
        ("orders/a.yaml", GOOD),
        ("orders/b.txt", "neither"),
        ("orders/c.yml", GOOD),
    ];
    assert_eq!(
        run(&files, &["check", "orders"], ""),
        text("", "checked 2 manifests: nothing to do\n", 0)
    );
}

#[test]
fn check_answers_programs_in_json() {
    let with_typo = GOOD.replace("years: 1", "year: 1");
    let said = run(&[("a.yaml", &with_typo)], &["check", "a.yaml", "-o", "json"], "");
    assert_eq!(
        (serde_json::from_str::<Value>(&said.out).unwrap(), said.code),
        (
            json!({"checked": 1, "skipped": 0, "findings": [{
                "file": "a.yaml", "document": 1, "name": "zed", "field": "spec.order.orderValidity.year",
                "message": "there is no such field; did you mean years?", "warning": false,
            }]}),
            1
        )
    );
}

#[test]
fn check_judges_rules_between_fields_and_what_no_schema_sees() {
    let wrong = GOOD
        .replace("client_app", "email")
        .replace("years: 1", "customExpirationDate: 2020-02-31")
        .replace(
            "    comments: Hidden",
            "    certificate: {csr: \"-----BEGIN CERTIFICATE REQUEST----- MIIBpersonal -----END CERTIFICATE REQUEST-----\"}",
        );
    assert_eq!(
        run(&[("a.yaml", &wrong)], &["check", "a.yaml"], "").out,
        "a.yaml:1(zed): spec.order.certificate.csr: damaged: the content can't be read as what its BEGIN line says; copy the CSR again\n\
         a.yaml:1(zed): spec.order.orderValidity.customExpirationDate: this date does not exist; write it as YYYY-MM-DD\n"
    );
}

#[test]
fn check_refuses_a_private_key_wherever_it_is_pasted_and_never_prints_it() {
    let key = "-----BEGIN PRIVATE KEY-----\\nSECRETKEY";
    let pasted = [
        GOOD.replace("comments: Hidden", &format!("comments: \"{key}\"")),
        GOOD.replace("comments: Hidden", &format!("certificate: {{csr: \"{key}\"}}")),
        GOOD.replace(
            "comments: Hidden",
            &format!("certificate: {{privateKey: \"{key}\"}}"),
        ),
        GOOD.replace("comments: Hidden", &format!("additionalEmails: [\"{key}\"]")),
    ];
    for (manifest, field) in pasted.iter().zip([
        "spec.order.comments",
        "spec.order.certificate.csr",
        "spec.order.certificate.privateKey",
        "spec.order.additionalEmails[0]",
    ]) {
        for command in ["check", "plan"] {
            let said = run(
                &[("a.yaml", manifest)],
                &[command, "a.yaml", "--cluster-name=prod"][..if command == "check" { 2 } else { 3 }],
                "",
            );
            assert_eq!(said.code, 1, "{said:?}");
            let line =
                format!("a.yaml:1(zed): {field}: this is a private key: it must never be in a manifest.");
            assert!(said.out.contains(&line), "{said:?}");
            assert_nothing_personal(&format!("{said:?}"), field);
        }
    }
}

#[test]
fn check_agrees_with_the_admission_rules_case_by_case_and_quotes_nobody() {
    let stream = |manifests: Vec<Value>| {
        let manifests: Vec<_> = manifests.iter().map(Value::to_string).collect();
        run(&[], &["check", "-"], &manifests.join("\n---\n"))
    };
    let said = stream(
        right()
            .iter()
            .map(|(_, changes)| with(client_app(), changes))
            .collect(),
    );
    let refused: Vec<_> = said
        .out
        .lines()
        .filter(|line| !line.contains(": warning: "))
        // What the rules can't see: the CSRs of some cases are none.
        .filter(|line| !line.contains("CSR: damaged") && !line.contains("csr: damaged"))
        .collect();
    assert_eq!(refused, [""; 0]);
    let said = stream(
        wrong()
            .iter()
            .map(|case| with(client_app(), &case.changes))
            .collect(),
    );
    for (position, case) in wrong().iter().enumerate() {
        let line = format!("-:{}(order): {}: ", position + 1, case.field);
        let found = said.out.lines().find(|found| found.starts_with(&line));
        assert!(found.is_some(), "{}: {line} is not in {said:?}", case.name);
    }
    assert_nothing_personal(&format!("{said:?}"), "all that is wrong");
}

#[test]
fn check_tells_where_yaml_goes_wrong_without_quoting_it() {
    let said = run(
        &[("a.yaml", "spec:\n  firstName: \"Zebulon\n\tQuux: [")],
        &["check", "a.yaml"],
        "",
    );
    assert_eq!(said.code, 1);
    assert!(
        said.out
            .starts_with("a.yaml:1: this can't be read as YAML at line "),
        "{said:?}"
    );
    assert_nothing_personal(&format!("{said:?}"), "broken YAML");
}

#[test]
fn what_can_not_be_read_is_no_finding() {
    let said = run(&[], &["check", "none.yaml"], "");
    assert_eq!((said.out.as_str(), said.code), ("", 2), "{said:?}");
    assert!(
        said.err.starts_with("docsign: none.yaml: No such file"),
        "{said:?}"
    );
    assert_eq!(run(&[], &["check"], "").code, 2);
    assert_eq!(run(&[], &["frobnicate"], "").code, 2);
}

#[test]
fn linked_as_a_kubectl_plugin_it_calls_itself_what_was_typed() {
    let directory = directory(&[]);
    let plugin = directory.path().join("kubectl-docsign");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_docsign"), &plugin).unwrap();
    let mut command = std::process::Command::new(plugin);
    command.args(["wait", "-h"]);
    let help = said(command, "");
    assert!(
        help.out
            .contains("Usage: kubectl docsign wait [OPTIONS] --until <UNTIL> <NAME>"),
        "{help:?}"
    );
    let own = run(&[], &["wait", "-h"], "");
    assert!(own.out.contains("Usage: docsign wait "), "{own:?}");
}

#[test]
fn shells_complete_it() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&[], &["completions", shell], "");
        assert_eq!((script.err.as_str(), script.code), ("", 0));
        assert!(script.out.contains("order-anew"), "{shell}");
    }
}

#[test]
fn without_a_cluster_it_says_so() {
    for arguments in [
        vec!["plan", "jane"],
        vec!["doctor"],
        vec!["resolve", "jane", "--order-anew"],
        vec!["wait", "jane", "--until", "issued"],
    ] {
        let said = run(&[], &arguments, "");
        assert_eq!((said.out.as_str(), said.code), ("", 2), "{said:?}");
        assert!(
            said.err
                .starts_with("docsign: there is no kubeconfig that can be used"),
            "{said:?}"
        );
    }
}
