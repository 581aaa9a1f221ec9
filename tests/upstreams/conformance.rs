//! The server scenarios of the official conformance suite: each check ends the same with the gateway as without it.

use crate::programs::node;
use crate::servers::Upstream;
use crate::{Gateway, USER, output};

/// A check of a scenario, and how it ended.
type Check = (String, String, String);

async fn checks(suite: &str, version: &str, url: &str, user: &[&str]) -> Vec<Check> {
    let mut command = node("upstreams/scripts/conformance.mjs");
    command.args([suite, version, url]).args(user);
    let mut checks: Vec<Check> = serde_json::from_slice(&output(command).await).unwrap();
    checks.sort();
    checks
}

/// `least`: how many checks pass at least, so that two empty lists are not taken for equal.
async fn ends_the_same(suite: &str, version: &str, least: usize, sessions: &[&str]) {
    let upstream = Upstream::conformance().await;
    let direct = checks(suite, version, &upstream.url, &[]).await;
    let passed = direct.iter().filter(|(_, _, status)| status == "SUCCESS").count();
    assert!(passed >= least, "{passed} checks pass, not {least}: {direct:#?}");
    for scenario in sessions {
        let passes = |(of, _, status): &Check| of == scenario && status == "SUCCESS";
        assert!(direct.iter().any(passes), "{scenario}: {direct:#?}");
    }
    let gateway = Gateway::before(&upstream).await;
    let through = checks(suite, version, &gateway.url, &USER).await;
    let lost: Vec<_> = direct.iter().filter(|check| !through.contains(check)).collect();
    let other: Vec<_> = through.iter().filter(|check| !direct.contains(check)).collect();
    assert!(direct == through, "direct {lost:#?}, through the gateway {other:#?}");
}

/// Scenarios that a server without sessions and streams cannot pass.
const SESSIONS: [&str; 4] = [
    "tools-call-sampling",
    "tools-call-elicitation",
    "elicitation-sep1034-defaults",
    "elicitation-sep1330-enums",
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn the_conformance_suite_0_1_at_2025_11_25() {
    let more = [&SESSIONS[..], &["server-sse-polling"]].concat();
    ends_the_same("conformance-0.1", "2025-11-25", 47, &more).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn the_conformance_suite_0_2_at_2025_11_25() {
    let more = [&SESSIONS[..], &["server-session-lifecycle", "server-sse-polling"]].concat();
    ends_the_same("conformance-0.2", "2025-11-25", 84, &more).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn the_conformance_suite_0_2_at_2026_07_28() {
    ends_the_same("conformance-0.2", "2026-07-28", 152, &["server-stateless", "http-header-validation"])
        .await;
}
