//! Invalid requests for dynamic client registration (RFC 7591 §3.2.2).

use crate::{Row, Told, check, row};
use doorward::protocol::paths::REGISTER;
use harness::TestServer;
use harness::test_server::{post, post_json};

fn of(wrong: &'static str, section: &'static str, body: &str, error: &'static str) -> Row {
    row(wrong, section, post_json(REGISTER, body), Told::Json(400, error))
}

/// A registration with a member that the server would otherwise have to change without a word.
fn metadata(wrong: &'static str, members: &str) -> Row {
    let body = format!(r#"{{"redirect_uris":["https://a.example/"],{members}}}"#);
    of(wrong, "RFC 7591 §3.2.2", &body, "invalid_client_metadata")
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
            of(
                "a host that a browser reads as an address",
                "RFC 7591 §3.2.2",
                r#"{"redirect_uris":["https://0x7f000001/cb"]}"#,
                "invalid_redirect_uri",
            ),
            of(
                "a number as a host",
                "RFC 7591 §3.2.2",
                r#"{"redirect_uris":["https://2130706433/cb"]}"#,
                "invalid_redirect_uri",
            ),
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
            of("a wildcard host", "RFC 9700 §4.1.3", &uris("https://*.a.example/cb"), "invalid_redirect_uri"),
            of("a wildcard for every host", "RFC 9700 §4.1.3", &uris("https://*/cb"), "invalid_redirect_uri"),
            of("an encoded host", "RFC 9700 §4.1.3", &uris("https://a%2Eexample/cb"), "invalid_redirect_uri"),
            metadata("private_key_jwt", r#""token_endpoint_auth_method":"private_key_jwt""#),
            metadata("keys", r#""token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[]}"#),
            metadata("mutual TLS", r#""token_endpoint_auth_method":"tls_client_auth""#),
            metadata("a made-up method", r#""token_endpoint_auth_method":"trust_me""#),
            metadata("a method that is not a string", r#""token_endpoint_auth_method":["none"]"#),
            metadata("keys in two places", r#""jwks":{"keys":[]},"jwks_uri":"https://a.example/keys""#),
            metadata("DPoP", r#""dpop_bound_access_tokens":true"#),
            metadata("certificate-bound tokens", r#""tls_client_certificate_bound_access_tokens":true"#),
            metadata("pushed requests", r#""require_pushed_authorization_requests":true"#),
            metadata("signed requests", r#""require_signed_request_object":true"#),
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
async fn a_refusal_names_the_method_and_those_that_are_allowed() {
    let test = TestServer::new().await;
    let body = r#"{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"private_key_jwt"}"#;
    let description = harness::test_server::json(&test.send(post_json(REGISTER, body)).await).to_string();
    for named in
        ["not private_key_jwt", "none, client_secret_basic or client_secret_post", "Metadata Document"]
    {
        assert!(description.contains(named), "{description}");
    }
}

#[tokio::test]
async fn a_refusal_names_the_uri_and_says_why() {
    let test = TestServer::new().await;
    let response = test.send(post_json(REGISTER, r#"{"redirect_uris":["http://a.example/cb"]}"#)).await;
    let description = harness::test_server::json(&response)["error_description"].to_string();
    assert!(description.contains("http://a.example/cb") && description.contains("https"), "{description}");
}
