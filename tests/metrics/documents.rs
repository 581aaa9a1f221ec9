//! `docs/metrics.md`, the alerts and the dashboard name the metrics that there are.

use crate::running::Running;
use crate::sample::{Family, Samples};
use doorward_settings::UPSTREAM;
use harness::upstream::{Upstream, answer};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const DOCUMENT: &str = include_str!("../../docs/metrics.md");
const ALERTS: &str = include_str!("../../infra/one-host/alerts.yaml");
const DASHBOARD: &str = include_str!("../../infra/one-host/dashboard.json");

/// The metrics of a server that has all of them: with a store in a file, a gateway, and a request to each kind of endpoint.
async fn all() -> Samples {
    let upstream = Upstream::answering(answer("200 OK", "content-type: application/json\r\n", b"{}")).await;
    let running = Running::with(&[(&UPSTREAM, &upstream.url())]).await;
    Running::send(running.auth, "GET", "/health").await;
    Running::send(running.mcp, "POST", "/mcp").await;
    running.scrape().await
}

/// The rows of the table of metrics.
fn documented() -> BTreeMap<String, Family> {
    let rows = DOCUMENT.lines().skip_while(|line| !line.starts_with("| metric |")).skip(2);
    let rows = rows.map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let row = |row: &str| {
        let cells: Vec<_> = row.split(" | ").collect();
        let [name, kind, labels, help] = cells[..] else { panic!("{row}: not four cells") };
        let labels = labels.split(", ").map(|label| label.trim_matches('`').to_owned());
        let labels = labels.filter(|label| !label.is_empty()).collect();
        (name.trim_matches('`').to_owned(), Family { kind: kind.to_owned(), help: help.to_owned(), labels })
    };
    rows.map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_lists_every_metric_with_its_kind_labels_and_help() {
    let expected: BTreeMap<_, _> = all().await.families;
    let documented = documented();
    for (name, family) in &expected {
        assert_eq!(documented.get(name), Some(family), "{name}");
    }
    assert_eq!(documented.len(), expected.len(), "{:?}", documented.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_lists_the_values_of_each_label() {
    let samples = all().await;
    for (series, _) in [
        ("doorward_rotations_total", "outcome"),
        ("doorward_excuses_total", "outcome"),
        ("doorward_guesses_total", "from"),
        ("doorward_guesses_total", "outcome"),
        ("doorward_document_fetches_total", "outcome"),
        ("doorward_store_seconds_count", "operation"),
        ("doorward_write_failures_total", "reason"),
        ("doorward_swept_total", "table"),
        ("doorward_store_bytes", "file"),
        ("doorward_connections", "listener"),
        ("doorward_request_seconds_count", "endpoint"),
        ("doorward_upstream_failures_total", "code"),
    ] {
        let of = samples.names().filter(|name| name.starts_with(&format!("{series}{{")));
        for (name, value) in of.flat_map(|name| crate::sample::labels_of(name)) {
            assert!(DOCUMENT.contains(&format!("`{value}`")), "{series}: {name}={value}");
        }
    }
}

/// The expressions of the alerts.
fn alerts() -> Vec<String> {
    let all: Vec<_> = ALERTS
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("expr: "))
        .map(str::to_owned)
        .collect();
    assert_eq!(all.len(), ALERTS.matches("- alert: ").count(), "each alert has its expression in one line");
    all
}

/// The expressions of the dashboard.
fn queries() -> Vec<String> {
    fn collect(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                into.extend(members.get("expr").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|value| collect(value, into));
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, into)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    collect(&serde_json::from_str(DASHBOARD).unwrap(), &mut all);
    all
}

/// The words of an expression that name a metric, with the selectors after them.
fn selectors(expression: &str) -> Vec<(String, String)> {
    let begins = ["doorward_", "process_"];
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(at) = begins.iter().filter_map(|begin| rest.find(begin)).min() {
        let from = &rest[at..];
        let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
        let selector = from[end..].strip_prefix('{').and_then(|rest| rest.split_once('}'));
        found.push((from[..end].to_owned(), selector.map_or("", |(labels, _)| labels).to_owned()));
        rest = &from[end..];
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_and_dashboard_name_metrics_and_labels_that_there_are() {
    let samples = all().await;
    let expressions: Vec<_> = alerts().into_iter().chain(queries()).collect();
    assert!(expressions.len() > 15, "{expressions:?}");
    let without_labels: BTreeSet<_> =
        samples.names().map(|series| series.split('{').next().unwrap().to_owned()).collect();
    for expression in &expressions {
        let selectors = selectors(expression);
        assert!(!selectors.is_empty() || expression.contains("up{"), "{expression}");
        for (metric, labels) in selectors {
            assert!(without_labels.contains(&metric), "{expression}: {metric}");
            // The scrape adds `job` and `instance`.
            let own = |matcher: &&str| !matcher.is_empty() && !matcher.starts_with("job=");
            for matcher in labels.split(',').filter(own) {
                let name = matcher.split(['=', '!', '~']).next().unwrap();
                let of: Vec<_> =
                    samples.names().filter(|series| series.starts_with(&format!("{metric}{{"))).collect();
                let value = matcher.trim_start_matches(name).strip_prefix("=\"");
                let part = value.map_or(format!("{name}=\""), |value| format!("{name}=\"{value}"));
                assert!(of.iter().any(|series| series.contains(&part)), "{expression}: {matcher}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs promtool"]
async fn promtool_accepts_the_metrics_and_the_alerts() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let running = Running::start().await;
    let text = running.monitor("/metrics").await;
    let mut checking = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    checking.stdin.take().unwrap().write_all(text.body()).unwrap();
    let checked = checking.wait_with_output().unwrap();
    let told = [checked.stdout, checked.stderr].concat();
    assert!(checked.status.success() && told.is_empty(), "{}", String::from_utf8_lossy(&told));
    let alerts = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/one-host/alerts.yaml");
    let rules = Command::new("promtool").args(["check", "rules", alerts]).output().unwrap();
    assert!(rules.status.success(), "{rules:?}");
}
