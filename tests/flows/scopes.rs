//! Requested scopes that this server does not offer: they are dropped, the token response says what was granted
//! (RFC 6749 §3.3), and the log says what was dropped.

use crate::checks::reason;
use doorward::protocol::paths;
use harness::client::Tokens;
use harness::person::sent_on;
use harness::test_server::{get, json, parameter, post, read_out};
use harness::{Client, Person, TestServer};

/// What clients ask for: the default of an editor, a scope in the wrong case, and what OpenID Connect has besides.
const UNKNOWN: [(&str, &str); 3] = [
    ("claudeai", "dropped scopes: claudeai"),
    ("USER", "dropped scopes: USER"),
    ("phone address offline_access", "dropped scopes: address phone"),
];

#[tokio::test]
async fn a_client_that_asks_only_for_unknown_scopes_gets_the_default_scope() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    for (asked, noted) in UNKNOWN {
        let mut alice = Person::alice();
        let mcp = ("resource", "https://mcp.example/mcp");
        let page = alice.reach_consent(&test, &client.url_with(&[("scope", asked), mcp])).await;
        let shown = read_out(&page);
        assert!(shown.contains("use files") && shown.contains("use user"), "{shown}");
        let decided = alice.submit(&test, &page, "allow").await;
        assert_eq!(reason(&decided).as_deref(), Some(noted));
        let code = parameter(sent_on(&decided), "code").unwrap();
        let tokens = test.send(client.redeems(&code)).await;
        assert_eq!(json(&tokens)["scope"], "files user", "{asked}");
    }
}

#[tokio::test]
async fn a_refresh_drops_unknown_scopes_too_and_never_widens_the_grant() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut head = client.obtain_tokens(&test, &mut Person::alice()).await;
    for (asked, granted, noted) in [
        ("user", "user", None),
        ("user openid", "user", Some("dropped scopes: openid")),
        ("READ", "user", Some("dropped scopes: READ")),
        ("files", "user", Some("dropped scopes: files")),
    ] {
        let refreshed = test.send(client.refreshes_with(&head.refresh, &[("scope", asked)])).await;
        assert_eq!(
            (refreshed.status().as_u16(), &json(&refreshed)["scope"]),
            (200, &granted.into()),
            "{asked}"
        );
        assert_eq!(reason(&refreshed).as_deref(), noted);
        head = Tokens::of(&refreshed);
    }
}

#[tokio::test]
async fn the_log_names_a_malformed_scope_and_the_client_reads_what_is_supported() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let refused = test.send(get(&client.url_with(&[("scope", "us\"er")]))).await;
    let url = harness::test_server::header(&refused, "location");
    assert_eq!(parameter(url, "error").as_deref(), Some("invalid_scope"));
    assert!(parameter(url, "error_description").unwrap().ends_with("supported: files user"), "{url}");
    assert_eq!(reason(&refused).unwrap(), "scope was us?er; supported: files user");
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    let form =
        [("grant_type", "refresh_token"), ("client_id", &client.id), ("refresh_token", &tokens.refresh)];
    let refused = test.send(post(paths::TOKEN, &[&form[..], &[("scope", "\\")]].concat())).await;
    assert!(json(&refused)["error_description"].as_str().unwrap().ends_with("supported: user"));
}
