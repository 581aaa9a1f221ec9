//! Invalid authorization requests (OAuth 2.1 §4.1.2.1): an error page before the client and its redirect URI are
//! verified, an error redirect afterwards.

use crate::{Row, Told, bound, check, row};
use harness::client::Client;
use harness::test_server::{get, post, text};
use harness::{Person, TestServer};

/// Open redirect: an unverified redirect URI is never followed.
#[tokio::test]
async fn before_the_client_is_verified_errors_are_shown_to_the_user() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let of = |wrong, section, changes: &[(&str, &str)], says| -> Row {
        row(wrong, section, get(&client.url_with(changes)), Told::Page(400, says))
    };
    let mut tampered = client.id.clone();
    let last = tampered.pop().map(|last| if last == 'A' { 'B' } else { 'A' });
    tampered.extend(last);
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    check(
        &test,
        vec![
            row(
                "no query at all",
                "RFC 6749 §4.1.1",
                get(doorward::protocol::paths::AUTHORIZE),
                Told::Page(400, "client_id is missing"),
            ),
            of("no client_id", "RFC 6749 §4.1.1", &[("client_id", "")], "client_id is missing"),
            of(
                "an unknown client_id",
                "RFC 6749 §4.1.2.1",
                &[("client_id", "client")],
                "does not know the client",
            ),
            of(
                "a tampered client_id",
                "RFC 6749 §4.1.2.1",
                &[("client_id", &tampered)],
                "does not know the client",
            ),
            of(
                "a made-up id of a pre-registered client",
                "RFC 6749 §4.1.2.1",
                &[("client_id", "dw_known_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")],
                "does not know the client",
            ),
            of(
                "a URL without a path as client_id",
                "Client ID Metadata Document §3",
                &[("client_id", "https://app.example")],
                "must have a path",
            ),
            of(
                "a URL that is not https",
                "Client ID Metadata Document §3",
                &[("client_id", "http://app.example/client.json")],
                "must begin with https",
            ),
            of(
                "a loopback URL, for a server that is not on loopback",
                "Client ID Metadata Document §8.6",
                &[("client_id", "https://localhost/client.json")],
                "its host is a loopback host",
            ),
            of(
                "a URL whose host is an IP address",
                "Client ID Metadata Document §8.6",
                &[("client_id", "https://127.0.0.1/client.json")],
                "its host is a loopback host",
            ),
            of(
                "a code as client_id",
                "RFC 6749 §4.1.2.1",
                &[("client_id", &code)],
                "does not know the client",
            ),
            of(
                "a client_id that is too long",
                "RFC 6749 §4.1.2.1",
                &[("client_id", &format!("dw_client_{}", "A".repeat(9000)))],
                "does not know the client",
            ),
            of(
                "client_id twice",
                "RFC 6749 §3.1",
                &[("client_id", &client.id), ("client_id", &client.id)],
                "more than once",
            ),
            of(
                "no redirect_uri where only the request knows the port",
                "OAuth 2.1 §4.1.1, §8.4.2",
                &[("redirect_uri", "")],
                "redirect_uri is missing",
            ),
            of(
                "redirect_uri twice",
                "RFC 6749 §3.1",
                &[("redirect_uri", &client.redirect_uri), ("redirect_uri", "https://evil.example/")],
                "more than once",
            ),
            of(
                "another host",
                "RFC 6749 §3.1.2.4",
                &[("redirect_uri", "https://evil.example/callback")],
                "is not registered for this client",
            ),
            of(
                "another path",
                "RFC 6749 §3.1.2.4",
                &[("redirect_uri", "http://127.0.0.1:7777/other")],
                "is not registered for this client",
            ),
            of(
                "another loopback name",
                "RFC 8252 §7.3",
                &[("redirect_uri", "http://localhost:7777/callback")],
                "is not registered for this client",
            ),
            of(
                "an added query",
                "RFC 6749 §3.1.2.3",
                &[("redirect_uri", "http://127.0.0.1:7777/callback?x")],
                "is not registered for this client",
            ),
            of(
                "another host behind a backslash",
                "RFC 6749 §3.1.2.4",
                &[("redirect_uri", "http://127.0.0.1:7777\\@evil.example/callback")],
                "redirect_uri is not an absolute URI",
            ),
            of(
                "a message as redirect_uri",
                "RFC 6749 §3.1.2",
                &[("redirect_uri", "Please call +1 555 0100")],
                "redirect_uri is not an absolute URI",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn after_the_client_is_verified_errors_are_redirected_to_it() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let of = |wrong, section, changes: &[(&str, &str)], error| -> Row {
        row(wrong, section, get(&client.url_with(changes)), Told::Redirect(error))
    };
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    check(
        &test,
        vec![
            of("no response_type", "OAuth 2.1 §4.1.1", &[("response_type", "")], "invalid_request"),
            of(
                "the implicit grant",
                "OAuth 2.1 §4.1.2.1",
                &[("response_type", "token")],
                "unsupported_response_type",
            ),
            of(
                "response_type twice",
                "RFC 6749 §3.1",
                &[("response_type", "code"), ("response_type", "code")],
                "invalid_request",
            ),
            of(
                "prompt none with login",
                "OIDC Core §3.1.2.1",
                &[("prompt", "none login")],
                "invalid_request",
            ),
            of("prompt none", "OIDC Core §3.1.2.6", &[("prompt", "none")], "login_required"),
            of(
                "prompt twice",
                "RFC 6749 §3.1",
                &[("prompt", "login"), ("prompt", "none")],
                "invalid_request",
            ),
            of("state twice", "RFC 6749 §3.1", &[("state", "a"), ("state", "b")], "invalid_request"),
            of(
                "no PKCE",
                "RFC 7636 §4.4.1",
                &[("code_challenge", ""), ("code_challenge_method", "")],
                "invalid_request",
            ),
            of("no challenge", "RFC 7636 §4.4.1", &[("code_challenge", "")], "invalid_request"),
            of(
                "no challenge method (the default is plain)",
                "RFC 7636 §4.3",
                &[("code_challenge_method", "")],
                "invalid_request",
            ),
            of(
                "a plain challenge",
                "OAuth 2.1 §4.1.2.1",
                &[("code_challenge_method", "plain")],
                "invalid_request",
            ),
            of(
                "a short challenge",
                "RFC 7636 §4.2",
                &[("code_challenge", &challenge[1..])],
                "invalid_request",
            ),
            of(
                "a challenge that is not base64url",
                "RFC 7636 §4.2",
                &[("code_challenge", &challenge.replace('-', "+"))],
                "invalid_request",
            ),
            of(
                "code_challenge twice",
                "RFC 6749 §3.1",
                &[("code_challenge", challenge), ("code_challenge", challenge)],
                "invalid_request",
            ),
            of("a scope with a quote", "RFC 6749 §3.3", &[("scope", "user\"")], "invalid_scope"),
            of("scope twice", "RFC 6749 §3.1", &[("scope", "user"), ("scope", "user")], "invalid_request"),
            of(
                "an unknown resource",
                "RFC 8707 §2",
                &[("resource", "https://evil.example/mcp")],
                "invalid_target",
            ),
            of("a resource that is no URL", "RFC 8707 §2", &[("resource", "mcp")], "invalid_target"),
            of(
                "a resource with a fragment",
                "RFC 8707 §2",
                &[("resource", "https://mcp.example/mcp#x")],
                "invalid_target",
            ),
            of(
                "two resources",
                "RFC 8707 §2",
                &[("resource", "https://mcp.example/mcp"), ("resource", "https://other.example")],
                "invalid_target",
            ),
        ],
    )
    .await;
}

/// CSRF: a form without a valid token is refused.
#[tokio::test]
async fn made_up_form_tokens_are_refused() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let url = client.url();
    let mut alice = Person::alice();
    let code = client.obtain_code(&test, &mut alice).await;
    let session = alice.cookies["__Host-doorward-session"].clone();
    let of = |wrong, fields: &[(&str, &str)]| {
        row(wrong, "RFC 9700 §4.7", bound(post(&url, fields)), Told::Page(403, "too old"))
    };
    let mut other_type = post(&url, &[("form", "x")]);
    other_type.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    check(
        &test,
        vec![
            of("no form token", &[("username", "alice"), ("password", "correct horse battery staple")]),
            of("a made-up form token", &[("form", "dw_form_AAAA"), ("username", "alice")]),
            of("a session as form token", &[("form", &session), ("decision", "allow")]),
            of("a code as form token", &[("form", &code), ("decision", "allow")]),
            of("two form tokens", &[("form", "a"), ("form", "b")]),
            row(
                "no cookie",
                "RFC 9700 §4.7",
                post(&url, &[("form", "dw_form_AAAA"), ("username", "alice")]),
                Told::Page(403, "This server needs cookies"),
            ),
            row(
                "a form of another media type",
                "HTML §4.10.21",
                other_type,
                Told::Page(415, "x-www-form-urlencoded"),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_unknown_decision_is_refused_and_asked_again() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let page = alice.reach_consent(&test, &client.url()).await;
    let answer = alice.submit(&test, &page, "maybe").await;
    assert_eq!(answer.status(), 403);
    assert!(text(&answer).contains("choose one of the answers"));
}
