//! Invalid requests for dynamic client registration (RFC 7591 §3.2.2).

use crate::{Row, Told, check, row};
use doorward::protocol::paths::REGISTER;
use harness::TestServer;
use harness::test_server::{post, post_json};

fn of(wrong: &'static str, section: &'static str, body: &str, error: &'static str) -> Row {
    row(wrong, section, post_json(REGISTER, body), Told::Json(400, error))
}

#[tokio::test]
async fn every_invalid_registration_is_refused() {
    let test = TestServer::new().await;
    let many =
        format!(r#"{{"redirect_uris":[{}"https://a.example/"]}}"#, r#""https://a.example/","#.repeat(16));
    let long = |length| format!(r#"{{"redirect_uris":["https://a.example/{}"]}}"#, "x".repeat(length));
    let several = format!(
        r#"{{"redirect_uris":["https://a.example/{0}1","https://a.example/{0}2","https://a.example/{0}3"]}}"#,
        "x".repeat(900)
    );
    let uris = |uri: &str| format!(r#"{{"redirect_uris":["{uri}"]}}"#);
    check(
        &test,
        vec![
            of("invalid JSON", "RFC 7591 §3.1", "{", "invalid_client_metadata"),
            of("an empty body", "RFC 7591 §3.1", "", "invalid_client_metadata"),
            of("not an object", "RFC 7591 §3.1", "[]", "invalid_client_metadata"),
            of("no redirect_uris", "RFC 7591 §2", "{}", "invalid_redirect_uri"),
            of(
                "redirect_uris that are not an array",
                "RFC 7591 §2",
                r#"{"redirect_uris":"https://a.example/"}"#,
                "invalid_redirect_uri",
            ),
            of(
                "an empty array of redirect_uris",
                "RFC 7591 §2",
                r#"{"redirect_uris":[]}"#,
                "invalid_redirect_uri",
            ),
            of(
                "a redirect URI that is a number",
                "RFC 7591 §2",
                r#"{"redirect_uris":[1]}"#,
                "invalid_redirect_uri",
            ),
            of("too many redirect URIs", "RFC 7591 §3.2.2", &many, "invalid_redirect_uri"),
            of("a redirect URI that is too long", "RFC 7591 §3.2.2", &long(1024), "invalid_redirect_uri"),
            of(
                "redirect URIs that are too long in total",
                "RFC 7591 §3.2.2",
                &several,
                "invalid_redirect_uri",
            ),
            of("a relative redirect URI", "RFC 6749 §3.1.2", &uris("/callback"), "invalid_redirect_uri"),
            of("a fragment", "RFC 6749 §3.1.2", &uris("https://a.example/#x"), "invalid_redirect_uri"),
            of("http beyond loopback", "OAuth 2.1 §1.5", &uris("http://a.example/"), "invalid_redirect_uri"),
            of(
                "a host that begins like loopback",
                "RFC 8252 §7.3",
                &uris("http://127.0.0.1.a.example/"),
                "invalid_redirect_uri",
            ),
            of("user information", "RFC 9110 §4.2.4", &uris("https://me@a.example/"), "invalid_redirect_uri"),
            of("a javascript: URI", "RFC 8252 §7.1", &uris("javascript:alert(1)"), "invalid_redirect_uri"),
            of("a data: URI", "RFC 8252 §7.1", &uris("data:text/html,x"), "invalid_redirect_uri"),
            of(
                "a name that is not a string",
                "RFC 7591 §2",
                r#"{"redirect_uris":["https://a.example/"],"client_name":1}"#,
                "invalid_client_metadata",
            ),
            of(
                "the implicit grant alone",
                "RFC 7591 §2.1",
                r#"{"redirect_uris":["https://a.example/"],"response_types":["token"]}"#,
                "invalid_client_metadata",
            ),
            of(
                "grant types without the code",
                "RFC 7591 §2.1",
                r#"{"redirect_uris":["https://a.example/"],"grant_types":["password"]}"#,
                "invalid_client_metadata",
            ),
            of(
                "grant types that are not an array",
                "RFC 7591 §2",
                r#"{"redirect_uris":["https://a.example/"],"grant_types":"x"}"#,
                "invalid_client_metadata",
            ),
            row(
                "a form body",
                "RFC 7591 §3.1",
                post(REGISTER, &[("redirect_uris", "https://a.example/")]),
                Told::Json(415, "invalid_request"),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_refusal_names_the_uri_and_says_why() {
    let test = TestServer::new().await;
    let response = test.send(post_json(REGISTER, r#"{"redirect_uris":["http://a.example/cb"]}"#)).await;
    let description = harness::test_server::json(&response)["error_description"].to_string();
    assert!(description.contains("http://a.example/cb") && description.contains("https"), "{description}");
}
