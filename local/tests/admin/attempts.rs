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

/// The client id in the line of a registration, as an operator reads it.
fn registered(log: &str) -> &str {
    let line = log.lines().find(|line| line.contains("client_registered")).expect("a registration");
    line.split(' ').find_map(|word| word.strip_prefix("client=")).expect("a client id")
}

#[test]
fn a_trace_begins_with_the_discovery_and_says_that_this_is_a_guess() {
    let host = Host::new();
    let server = host.serve(&[]);
    let agent = "User-Agent: claude-code/2.1.204 (cli)\r\n";
    for _ in 0..2 {
        server.ask(&format!("GET /.well-known/oauth-authorization-server HTTP/1.1\r\n{agent}"), "");
    }
    let body = r#"{"client_name":"Claude Code (tools)","redirect_uris":["http://127.0.0.1/callback"]}"#;
    let head = format!("POST /oauth/register HTTP/1.1\r\nContent-Type: application/json\r\n{agent}");
    let answer = server.ask(&head, body);
    let id = answer.split("\"client_id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    server.get(&format!("/oauth/authorize?client_id={id}&redirect_uri=https://evil.example/"));
    let traced = host.done(&["trace", &id]);
    let discovered =
        "discovered    read the authorization server metadata: 200, 2 times  (possibly: same software, ";
    assert!(traced.lines().next().unwrap().contains(discovered), "{traced}");
    let steps: Vec<_> = traced.lines().map_while(|line| line.get(22..32)).map(str::trim).collect();
    assert_eq!(steps, ["discovered", "registered", "stopped"], "{traced}");
    assert!(traced.contains("rule     redirect-uri-unregistered"), "{traced}");
    let (json, _) = host.json(&["trace", &id]);
    let first = &json["steps"][0];
    assert_eq!((&first["user_agent"], &first["times"]), (&"Claude Code".into(), &2.into()));
    assert_eq!(json["steps"][2]["client_name"], "Claude Code (tools)");
    let log = server.end();
    assert!(!log.contains("oauth-authorization-server"), "a discovery has no line: {log}");
    assert!(id.ends_with(registered(&log).trim_start_matches("..")), "{log}");
    assert!(
        log.contains(r#"client_name="Claude Code (tools)""#) && log.contains(r#"user_agent="Claude Code""#),
        "{log}"
    );
}
