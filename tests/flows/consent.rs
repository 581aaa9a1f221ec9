//! Consent and error pages: vendor impersonation, a response that the user copies, and the cause of an error.

use crate::events;
use doorward::protocol::paths;
use doorward::wire::EventKind;
use harness::client::STATE;
use harness::test_server::{header, parameter, post, read_out, text};
use harness::{Client, Person, TestServer};
use std::time::Duration;

/// Registers a client with this name and redirect URI, and returns the text of its consent page.
async fn consent_page(test: &TestServer, name: &str, redirect_uri: &str) -> String {
    let metadata = serde_json::json!({ "client_name": name, "redirect_uris": [redirect_uri] }).to_string();
    let registered = test.send(harness::test_server::post_json(paths::REGISTER, &metadata)).await;
    let id = harness::test_server::json(&registered)["client_id"].as_str().unwrap().to_owned();
    let client = Client { id, redirect_uri: redirect_uri.to_owned() };
    read_out(&Person::alice().reach_consent(test, &client.url()).await)
}

#[tokio::test]
async fn a_vendor_name_with_a_foreign_redirect_uri_gets_a_warning() {
    let test = TestServer::new().await;
    for (name, redirect_uri, vendor) in [
        ("Claude", "https://claude.example/callback", Some("Claude")),
        ("OpenAI ChatGPT", "https://claude.ai/callback", Some("ChatGPT")),
        ("Cursor", "cursory://callback", Some("Cursor")),
        ("Claude", "https://claude.ai/api/mcp/auth_callback", None),
        ("Cursor", "cursor://anysphere.cursor-mcp/oauth/callback", None),
        ("Claude Code", "http://localhost:7777/callback", None),
        ("\u{421}laude", "https://claude.example/callback", Some("Claude")),
        ("Ｃｌａｕｄｅ", "https://claude.example/callback", Some("Claude")),
        ("C\u{34F}l\u{200B}aude", "https://claude.example/callback", Some("Claude")),
        ("Cur\u{455}or", "cursory://callback", Some("Cursor")),
        ("\u{421}laude", "https://claude.ai/api/mcp/auth_callback", None),
        ("Somebody", "https://claude.example/callback", None),
    ] {
        let page = consent_page(&test, name, redirect_uri).await;
        let called_out = page.contains("This is not ");
        assert_eq!(called_out, vendor.is_some(), "{name} at {redirect_uri}");
        assert!(vendor.is_none_or(|vendor| page.contains(&format!("This is not {vendor},"))), "{page}");
    }
}

#[tokio::test]
async fn a_response_to_a_loopback_redirect_uri_can_be_shown_for_copying() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let page = alice.reach_consent(&test, &client.url()).await;
    let shown = alice.submit(&test, &page, "show").await;
    assert_eq!((shown.status().as_u16(), events(&shown)), (200, vec![EventKind::Consented]));
    // The page instructs the user, so it must not repeat the name that the client claims.
    assert!(!read_out(&shown).contains("client"), "{}", read_out(&shown));
    let page = text(&shown);
    let address = page.split("6\">").nth(1).unwrap().split('<').next().unwrap().replace("&#38;", "&");
    assert!(address.starts_with("http://127.0.0.1:7777/callback?code="), "{address}");
    assert_eq!(parameter(&address, "state").as_deref(), Some(STATE));
    let code = parameter(&address, "code").unwrap();
    test.clock.pass(Duration::from_secs(299));
    harness::client::Tokens::of(&test.send(client.redeems(&code)).await);
}

#[tokio::test]
async fn a_response_to_a_web_redirect_uri_is_never_shown_for_copying() {
    let test = TestServer::new().await;
    let client = Client::register_at(&test, "https://a.example/callback").await;
    let mut alice = Person::alice();
    let page = alice.reach_consent(&test, &client.url()).await;
    assert!(!text(&page).contains("value=\"show\""));
    let mut fields = harness::person::fields(&page, "allow");
    fields.retain(|(name, _)| name != "decision");
    fields.push(("decision".to_owned(), "show".to_owned()));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let asked = alice.send(&test, post(&client.url(), &fields)).await;
    assert_eq!((asked.status().as_u16(), events(&asked)), (403, vec![EventKind::Refused]));
}

#[tokio::test]
async fn an_error_page_says_whether_the_server_or_the_client_failed() {
    let test = TestServer::new().await;
    let url = Client::register(&test).await.url();
    let mut alice = Person::alice();
    let page = alice.open(&test, &url).await;
    test.store.set_broken(true);
    let unavailable = alice.submit(&test, &page, "").await;
    assert_eq!((unavailable.status().as_u16(), header(&unavailable, "retry-after")), (503, "2"));
    assert!(text(&unavailable).contains("This server cannot answer at the moment"), "{}", text(&unavailable));
    let wrong = alice.open(&test, &format!("{}?client_id=unknown", paths::AUTHORIZE)).await;
    assert!(text(&wrong).contains("The program that sent you here asked for"), "{}", text(&wrong));
    for page in [&unavailable, &wrong] {
        assert!(text(page).contains(header(page, "doorward-correlation")), "{}", text(page));
    }
}
