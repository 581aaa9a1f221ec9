//! What clients and users tried, as the server that runs tells an operator.

use crate::host::Host;

/// The correlation id of a response.
fn correlation(response: &str) -> &str {
    let header = response.lines().find_map(|line| line.strip_prefix("doorward-correlation: "));
    header.unwrap_or_else(|| panic!("{response}"))
}

#[test]
fn a_correlation_id_leads_to_the_rule_and_the_fix() {
    let host = Host::new();
    let server = host.serve(&[]);
    host.done(&["add-person", "alice"]);
    let refused = server.get("/oauth/authorize?client_id=made-up&response_type=code");
    let id = correlation(&refused);
    assert!(refused.contains(id) && refused.contains("/oauth/errors#client-unknown"), "the page shows both");
    let told = host.done(&["explain", id]);
    for part in ["warn refused", "client-unknown (RFC 6749 §5.2)", "fix      Register again.", "127.0.0.1:"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let (json, succeeded) = host.json(&["explain", id]);
    assert!(succeeded, "{json}");
    assert_eq!(
        (&json["lines"][0]["rule"], &json["rules"][0]["name"]),
        (&"client-unknown".into(), &"client-unknown".into())
    );
    assert!(host.refused(&["explain", "0000000000"]).contains("no line has the correlation id 0000000000"));
    let traced = host.done(&["trace", "alice"]);
    assert!(traced.contains("changed") && traced.contains("The last step was done."), "{traced}");
    assert!(host.refused(&["trace", "bob"]).contains("no line is of bob"));
    server.end();
    assert!(host.refused(&["explain", id]).contains("the server is stopped"));
}
