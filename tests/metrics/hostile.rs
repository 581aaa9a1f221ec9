//! Callers cannot add series.

use crate::running::Running;
use crate::sample::labels_of;
use std::collections::BTreeSet;

/// Prometheus sees no increase in the first sample of a series, so those of alerts have to be there before.
#[tokio::test(flavor = "multi_thread")]
async fn series_of_alerts_are_zero_before_the_first_request() {
    let now = Running::start().await.scrape().await;
    for series in [
        "doorward_requests_total{endpoint=\"/oauth/token\",status=\"503\"}",
        "doorward_requests_total{endpoint=\"mcp\",status=\"502\"}",
        "doorward_store_errors_total{operation=\"grants_rotate\"}",
        "doorward_write_failures_total{reason=\"full\"}",
        "doorward_events_total{event=\"refresh_reused\"}",
        "doorward_events_total{event=\"code_replayed\"}",
        "doorward_guesses_total{from=\"unknown_browser\",outcome=\"counted\"}",
    ] {
        assert!(now.names().any(|name| name == series), "{series}");
    }
    assert!(now.counted("doorward_requests_total").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_paths_and_methods_add_one_series_for_each_status() {
    let running = Running::start().await;
    let before: BTreeSet<_> = running.scrape().await.names().cloned().collect();
    for number in 0..50 {
        for (method, path) in [
            ("GET", format!("/hostile{number}")),
            ("POST", format!("/oauth/hostile{number}")),
            ("HOSTILE", format!("/{number}")),
            ("GET", format!("/.well-known/hostile{number}/x")),
            ("GET", format!("/oauth/authorize?client_id=hostile{number}")),
            (&format!("HOSTILE{number}"), "/oauth/token".to_owned()),
            ("GET", format!("/%68ostile/../{number}?x=\"}}")),
        ] {
            for address in [running.auth, running.mcp] {
                Running::send(address, method, &path.replace('"', "%22").replace('}', "%7D")).await;
            }
        }
    }
    let after: BTreeSet<_> = running.scrape().await.names().cloned().collect();
    let added: Vec<_> = after.difference(&before).collect();
    let endpoints: BTreeSet<_> =
        added.iter().flat_map(|series| labels_of(series)).filter(|(name, _)| name == "endpoint").collect();
    assert!(added.iter().all(|series| series.starts_with("doorward_requests_total{")), "{added:#?}");
    let known = ["/oauth/authorize", "/oauth/token", "other"];
    assert!(endpoints.iter().all(|(_, value)| known.contains(&value.as_str())), "{endpoints:?}");
    assert!(added.len() <= 6, "{added:#?}");
    let total: f64 =
        running.scrape().await.counted("doorward_requests_total").iter().map(|(_, count)| count).sum();
    assert_eq!(total, 700.0, "each request is counted once");
}
