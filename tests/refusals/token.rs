//! Invalid token requests (OAuth 2.1 §3.2.4).

use crate::{Row, Told, check, row};
use bytes::Bytes;
use doorward::protocol::paths::TOKEN;
use harness::client::{Client, VERIFIER};
use harness::keyed::{KeyPair, shown};
use harness::test_server::{post, post_json};
use harness::{Person, TestServer};
use serde_json::json;

#[tokio::test]
async fn every_invalid_token_request_is_refused() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let other = Client::register_at(&test, "https://other.example/callback").await;
    let mut alice = Person::alice();
    let code = client.obtain_code(&test, &mut alice).await;
    let session = alice.cookies["__Host-doorward-session"].clone();
    let of = |wrong, section, changes: &[(&str, &str)], error| -> Row {
        row(wrong, section, client.redeems_with(&code, changes), Told::Json(400, error))
    };
    let (start, end) = code.split_at(code.len() / 2);
    let tampered = format!("{start}{}{}", if end.starts_with('A') { 'B' } else { 'A' }, &end[1..]);
    let unknown = |id: &str| {
        row(
            "an unknown client_id",
            "RFC 6749 §5.2",
            client.redeems_with(&code, &[("client_id", id)]),
            Told::Json(401, "invalid_client"),
        )
    };
    check(
        &test,
        vec![
            of("no grant_type", "OAuth 2.1 §3.2.2", &[("grant_type", "")], "invalid_request"),
            of(
                "an unknown grant_type",
                "OAuth 2.1 §3.2.4",
                &[("grant_type", "password")],
                "unsupported_grant_type",
            ),
            of(
                "grant_type twice",
                "OAuth 2.1 §3.2.4",
                &[("grant_type", "authorization_code"), ("grant_type", "authorization_code")],
                "invalid_request",
            ),
            row(
                "no client_id",
                "OAuth 2.1 §3.2.1",
                client.redeems_with(&code, &[("client_id", "")]),
                Told::Json(401, "invalid_client"),
            ),
            unknown("client"),
            unknown("dw_client_AAAAAAAA"),
            unknown("dw_known_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            unknown(&code),
            of(
                "an unknown grant_type of an unknown client",
                "OAuth 2.1 §3.2.4",
                &[("grant_type", "password"), ("client_id", "x")],
                "unsupported_grant_type",
            ),
            of(
                "client_id twice",
                "OAuth 2.1 §3.2.4",
                &[("client_id", &client.id), ("client_id", &client.id)],
                "invalid_request",
            ),
            of("no code", "OAuth 2.1 §4.1.3", &[("code", "")], "invalid_request"),
            of("code twice", "OAuth 2.1 §3.2.4", &[("code", &code), ("code", &code)], "invalid_request"),
            of("a made-up code", "OAuth 2.1 §3.2.4", &[("code", "dw_code_AAAA")], "invalid_grant"),
            of("a tampered code", "OAuth 2.1 §3.2.4", &[("code", &tampered)], "invalid_grant"),
            of("a session as code", "OAuth 2.1 §3.2.4", &[("code", &session)], "invalid_grant"),
            of("a client_id as code", "OAuth 2.1 §3.2.4", &[("code", &client.id)], "invalid_grant"),
            of("a long code", "OAuth 2.1 §3.2.4", &[("code", &"A".repeat(9000))], "invalid_grant"),
            of(
                "another client's code",
                "OAuth 2.1 §4.1.3",
                &[("client_id", &other.id), ("redirect_uri", "")],
                "invalid_grant",
            ),
            of(
                "another redirect_uri",
                "RFC 6749 §4.1.3",
                &[("redirect_uri", "https://other.example/callback")],
                "invalid_grant",
            ),
            of("no verifier", "RFC 7636 §4.5", &[("code_verifier", "")], "invalid_request"),
            of(
                "a verifier that is too short",
                "RFC 7636 §4.1",
                &[("code_verifier", "short")],
                "invalid_request",
            ),
            of(
                "a wrong verifier",
                "RFC 7636 §4.6",
                &[("code_verifier", &VERIFIER.replace('0', "1"))],
                "invalid_grant",
            ),
            of(
                "the challenge as verifier",
                "RFC 7636 §4.6",
                &[("code_verifier", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")],
                "invalid_grant",
            ),
            of(
                "another resource",
                "RFC 8707 §2.2",
                &[("resource", "https://other.example")],
                "invalid_target",
            ),
            of(
                "an unknown resource",
                "RFC 8707 §2.2",
                &[("resource", "https://evil.example")],
                "invalid_target",
            ),
            of(
                "an assertion without its type",
                "RFC 7521 §4.2",
                &[("client_assertion", "x")],
                "invalid_request",
            ),
            of(
                "an assertion of another type",
                "RFC 7523 §2.2",
                &[("client_assertion", "x"), ("client_assertion_type", "saml2")],
                "invalid_request",
            ),
            of(
                "an assertion and a secret",
                "RFC 6749 §2.3",
                &[("client_assertion", "x"), ("client_secret", "x")],
                "invalid_request",
            ),
            row(
                "a malformed assertion",
                "RFC 7521 §4.2.1",
                client.redeems_with(&code, &shown("x.y.z")),
                Told::Json(401, "invalid_client"),
            ),
            row(
                "the assertion of a client without keys",
                "RFC 7591 §2",
                client.redeems_with(&code, &shown(&KeyPair::new(11).signs(&test, &client.id, &json!({})))),
                Told::Json(401, "invalid_client"),
            ),
            row("JSON", "OAuth 2.1 §3.2.2", post_json(TOKEN, "{}"), Told::Json(415, "invalid_request")),
            row("an empty form", "OAuth 2.1 §3.2.2", post(TOKEN, &[]), Told::Json(400, "invalid_request")),
            row(
                "parameters in the query",
                "OAuth 2.1 §3.2.2",
                in_query(&client, &code),
                Told::Json(400, "invalid_request"),
            ),
        ],
    )
    .await;
}

/// A token request with its parameters in the query. The token endpoint reads only the body.
fn in_query(client: &Client, code: &str) -> doorward::wire::Request {
    let mut request = client.redeems(code);
    let query = String::from_utf8_lossy(request.body()).into_owned();
    *request.uri_mut() = format!("{TOKEN}?{query}").parse().unwrap();
    *request.body_mut() = Bytes::new();
    request
}
