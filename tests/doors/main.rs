//! The whole matrix of what a manifest can say, generated from the schema of the CustomResourceDefinitions and put to three
//! doors, which have to agree case by case:
//!
//! 1. the definitions on a real API server, by dry runs (`server`),
//! 2. `docsign check`, the function and the program (`judge`, `program`),
//! 3. the simulator, which checks a body as strictly as CertCentral's page (`page`).
//!
//! To agree means: the API server takes a manifest where check finds nothing wrong with its fields and the rules between
//! them, and nowhere else; the same rules are broken at both. What check lets through as a whole, the operator can make a
//! body of, and the simulator takes it; so what only the page refuses was a finding before. What the page forbids and no
//! manifest can say (a number for a name) is put on the wire as it is, and the simulator refuses it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "what a test expects is there, or the test fails, and its figures are worth printing"
)]

mod cases;
mod changes;
mod findings;
#[path = "../harness/mod.rs"]
mod harness;
mod judge;
#[path = "../manifests/mod.rs"]
mod manifests;
mod page;
mod patterns;
mod program;
mod random;
mod report;
mod requests;
mod samples;
mod schema;
mod secrets;
mod server;
mod values;
mod wanted;
mod wire_names;

use docsign::simulator::Clock;
use harness::Result;
use jiff::ToSpan as _;
use page::Page;
use schema::kinds;
use server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn the_doors_agree_on_every_order() -> Result<()> {
    let server = Server::new("orders").await?;
    let page = Page::at(Clock::real().now());
    let kind = &kinds()[0];
    let bases = samples::orders(&page.today.saturating_add(1.year()).to_string());
    let cases = cases::cases(kind, &bases, page.today);
    let mut tally = judge::judge(kind, &bases, &cases, &server, &page).await;
    tally
        .disagreements
        .extend(program::differences(&cases, &tally.said));
    changes::judge(kind, &bases, &server, &page, &mut tally).await;
    report::report(kind, &tally);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_doors_agree_on_every_account() -> Result<()> {
    let server = Server::new("accounts").await?;
    let page = Page::at(Clock::real().now());
    for kind in &kinds()[1..] {
        let bases = samples::accounts(&kind.name);
        let cases = cases::cases(kind, &bases, page.today);
        let mut tally = judge::judge(kind, &bases, &cases, &server, &page).await;
        tally
            .disagreements
            .extend(program::differences(&cases, &tally.said));
        changes::judge(kind, &bases, &server, &page, &mut tally).await;
        report::report(kind, &tally);
    }
    Ok(())
}
