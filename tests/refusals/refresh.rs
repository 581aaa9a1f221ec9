//! Invalid refresh requests (OAuth 2.1 §4.3.1): a refresh token that is not valid is always `invalid_grant`.

use crate::{Row, Told, check, row};
use harness::client::Client;
use harness::{Person, TestServer};

#[tokio::test]
async fn every_invalid_refresh_request_is_refused() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let other = Client::register_at(&test, "https://other.example/callback").await;
    let mut alice = Person::alice();
    let code = client.obtain_code(&test, &mut alice).await;
    let tokens = client.obtain_tokens(&test, &mut alice).await;
    let of = |wrong, section, changes: &[(&str, &str)], error| -> Row {
        row(wrong, section, client.refreshes_with(&tokens.refresh, changes), Told::Json(400, error))
    };
    let mut tampered = tokens.refresh.clone();
    tampered.replace_range(20..21, if &tampered[20..21] == "A" { "B" } else { "A" });
    check(
        &test,
        vec![
            of("no refresh_token", "OAuth 2.1 §4.3.1", &[("refresh_token", "")], "invalid_request"),
            of(
                "refresh_token twice",
                "OAuth 2.1 §3.2.4",
                &[("refresh_token", "a"), ("refresh_token", "b")],
                "invalid_request",
            ),
            of("a made-up token", "OAuth 2.1 §3.2.4", &[("refresh_token", "token")], "invalid_grant"),
            of("a tampered token", "OAuth 2.1 §3.2.4", &[("refresh_token", &tampered)], "invalid_grant"),
            of("an access token", "OAuth 2.1 §3.2.4", &[("refresh_token", &tokens.access)], "invalid_grant"),
            of("a code", "OAuth 2.1 §3.2.4", &[("refresh_token", &code)], "invalid_grant"),
            of(
                "a refresh token as code",
                "OAuth 2.1 §3.2.4",
                &[
                    ("grant_type", "authorization_code"),
                    ("code", &tokens.refresh),
                    ("code_verifier", harness::client::VERIFIER),
                ],
                "invalid_grant",
            ),
            of("another client's token", "OAuth 2.1 §4.3.1", &[("client_id", &other.id)], "invalid_grant"),
            of("a scope with a quote", "RFC 6749 §3.3", &[("scope", "\"")], "invalid_scope"),
            of("scope twice", "OAuth 2.1 §3.2.4", &[("scope", "user"), ("scope", "user")], "invalid_request"),
            of(
                "another resource",
                "RFC 8707 §2.2",
                &[("resource", "https://other.example")],
                "invalid_target",
            ),
            of(
                "an unknown grant_type, with a secret",
                "OAuth 2.1 §3.2.4",
                &[("client_secret", "x"), ("grant_type", "password")],
                "unsupported_grant_type",
            ),
            row(
                "no client_id",
                "OAuth 2.1 §3.2.1",
                client.refreshes_with(&tokens.refresh, &[("client_id", "")]),
                Told::Json(401, "invalid_client"),
            ),
        ],
    )
    .await;
}
