//! `doorward doctor`: our own server has no fault; each fault of a scripted server is found, and the clients that stop are
//! those that stopped; hostile servers and private addresses.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod compared;
mod faults;
mod foreign;
mod hostile;
mod left_behind;
mod mutations;
mod others;
mod own;
mod page;
mod person;
mod private;
mod proxy;
mod script;
mod tls;
mod token_faults;

use doorward_local::doctor::report::Report;
use doorward_local::doctor::{Options, SignIn, examine};

/// A user of the scripted server.
fn user() -> SignIn {
    SignIn::Scripted { username: "alice".into(), password: "open sesame".into() }
}

async fn report(url: &str) -> Report {
    examine(url, Options::usual(user())).await.unwrap()
}

/// The ids of the broken rules.
fn rules(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.rule.id()).collect()
}
