//! Requests that reach no endpoint (RFC 9110 §15.5).

use crate::{Told, check, row};
use bytes::Bytes;
use doorward::protocol::paths;
use doorward::wire::Events;
use harness::TestServer;
use harness::test_server::{get, header, post};

#[tokio::test]
async fn every_misdirected_request_is_refused() {
    let test = TestServer::new().await;
    let large = "x".repeat(doorward::answer::MAX_BODY + 1);
    let put = http::Request::put(paths::TOKEN).body(Bytes::new()).unwrap();
    check(
        &test,
        vec![
            row("an unknown path", "RFC 9110 §15.5.5", get("/nothing"), Told::Json(404, "not_found")),
            row(
                "a path behind the metadata",
                "RFC 8414 §3",
                get("/.well-known/oauth-authorization-server/x"),
                Told::Json(404, "not_found"),
            ),
            row(
                "no resource at this path",
                "RFC 9728 §3.1",
                get("/.well-known/oauth-protected-resource/x"),
                Told::Json(404, "not_found"),
            ),
            row(
                "a body that is too large",
                "RFC 9110 §15.5.14",
                post(paths::TOKEN, &[("code", &large)]),
                Told::Json(413, "invalid_request"),
            ),
            row("GET of the token endpoint", "OAuth 2.1 §3.2", get(paths::TOKEN), Told::Status(405)),
            row("PUT", "RFC 9110 §15.5.6", put, Told::Status(405)),
            row("GET of the registration endpoint", "RFC 7591 §3", get(paths::REGISTER), Told::Status(405)),
            row("POST to the metadata", "RFC 8414 §3.1", post(paths::METADATA, &[]), Told::Status(405)),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_405_says_what_is_allowed() {
    let test = TestServer::new().await;
    assert_eq!(header(&test.send(get(paths::TOKEN)).await, "allow"), "POST");
    assert_eq!(header(&test.send(post(paths::JWKS, &[])).await, "allow"), "GET, HEAD");
}

#[tokio::test]
async fn a_token_in_a_wrong_place_is_not_logged() {
    let test = TestServer::new().await;
    let token = "A".repeat(60);
    for request in [
        get(&format!("/oauth/token/{token}")),
        get(&format!("/.well-known/oauth-protected-resource/{token}")),
        post(paths::TOKEN, &[("grant_type", &token)]),
        post(
            paths::INTROSPECT,
            &[("client_id", &format!("https://{token}")), ("client_secret", "x"), ("token", "x")],
        ),
        get(&format!("{}?response_type={token}", paths::AUTHORIZE)),
    ] {
        let response = test.send(request).await;
        for event in &response.extensions().get::<Events>().unwrap().0 {
            assert!(!event.to_string().contains(&token), "{event}");
        }
    }
}
