//! Authorization requests with parameters that this server does not support (OpenID Connect Core 1.0 §3.1.2.6), or
//! without a parameter that the operator requires.

use crate::{Row, Told, check, row};
use harness::TestServer;
use harness::client::Client;
use harness::test_server::{get, sound};

#[tokio::test]
async fn what_would_change_the_request_or_its_answer_is_refused_and_not_ignored() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let of = |wrong, section, changes: &[(&str, &str)], error| -> Row {
        row(wrong, section, get(&client.url_with(changes)), Told::Redirect(error))
    };
    let uri = ("request_uri", "urn:ietf:params:oauth:request_uri:1");
    check(
        &test,
        vec![
            of("a request object", "OIDC Core §6.1", &[("request", "a.b.c")], "request_not_supported"),
            of("a pushed request", "RFC 9126 §4", &[uri], "request_uri_not_supported"),
            of(
                "a request object and no other parameter",
                "OIDC Core §3.1.2.6",
                &[uri, ("response_type", ""), ("code_challenge", "")],
                "request_uri_not_supported",
            ),
            of(
                "client metadata in the request",
                "OIDC Core §7.2.1",
                &[("registration", "{}")],
                "registration_not_supported",
            ),
            of(
                "an answer in the fragment",
                "OAuth 2.0 Multiple Response Type Encoding Practices §2.1",
                &[("response_mode", "fragment")],
                "invalid_request",
            ),
            of(
                "an answer as a form",
                "OAuth 2.0 Form Post Response Mode §2",
                &[("response_mode", "form_post")],
                "invalid_request",
            ),
            of(
                "response_mode twice",
                "RFC 6749 §3.1",
                &[("response_mode", "query"), ("response_mode", "query")],
                "invalid_request",
            ),
        ],
    )
    .await;
    let accepted = test.send(get(&client.url_with(&[("response_mode", "query")]))).await;
    assert_eq!(accepted.status(), 200);
}

#[tokio::test]
async fn a_request_that_names_no_resource_is_refused_where_the_operator_requires_it() {
    let test = TestServer::of(sound().require_resource(true)).await;
    let client = Client::register(&test).await;
    check(
        &test,
        vec![row("no resource", "RFC 8707 §2", get(&client.url()), Told::Redirect("invalid_target"))],
    )
    .await;
}
