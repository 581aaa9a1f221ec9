//! Invalid introspection requests (RFC 7662 §2.1, §2.3), and invalid revocation requests (RFC 7009 §2.1, §2.2.1).

use crate::{Told, check, row};
use doorward::protocol::paths::{INTROSPECT, REVOKE};
use harness::client::Client;
use harness::test_server::{get, post, post_json, secret_of};
use harness::{Person, TestServer};

const MCP: &str = "https://mcp.example/mcp";

#[tokio::test]
async fn only_a_resource_server_may_introspect() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let token = client.obtain_token(&test, &mut Person::alice()).await;
    let secret = secret_of(MCP);
    let of = |wrong, fields: &[(&str, &str)]| {
        row(wrong, "RFC 7662 §2.1", post(INTROSPECT, fields), Told::Json(401, "invalid_client"))
    };
    let with_bearer = {
        let mut request = post(INTROSPECT, &[("token", &token)]);
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        row("a bearer token", "RFC 7662 §2.1", request, Told::Json(401, "invalid_client"))
    };
    check(
        &test,
        vec![
            of("no credentials", &[("token", &token)]),
            of("a client", &[("client_id", &client.id), ("token", &token)]),
            of("a resource without its secret", &[("client_id", MCP), ("token", &token)]),
            of(
                "a resource with a wrong secret",
                &[("client_id", MCP), ("client_secret", "x"), ("token", &token)],
            ),
            of(
                "a resource with another's secret",
                &[("client_id", "https://other.example"), ("client_secret", &secret), ("token", &token)],
            ),
            of(
                "an unknown resource",
                &[("client_id", "https://evil.example"), ("client_secret", &secret), ("token", &token)],
            ),
            with_bearer,
            row(
                "no token",
                "RFC 7662 §2.1",
                post(INTROSPECT, &[("client_id", MCP), ("client_secret", &secret)]),
                Told::Json(400, "invalid_request"),
            ),
            row(
                "token twice",
                "RFC 6749 §3.2",
                post(
                    INTROSPECT,
                    &[("client_id", MCP), ("client_secret", &secret), ("token", "a"), ("token", "b")],
                ),
                Told::Json(400, "invalid_request"),
            ),
            row("JSON", "RFC 7662 §2.1", post_json(INTROSPECT, "{}"), Told::Json(415, "invalid_request")),
            row("GET", "RFC 7662 §2.1", get(INTROSPECT), Told::Status(405)),
        ],
    )
    .await;
}

#[tokio::test]
async fn every_invalid_revocation_is_refused() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    check(
        &test,
        vec![
            row(
                "no token",
                "RFC 7009 §2.1",
                post(REVOKE, &[("client_id", &client.id)]),
                Told::Json(400, "invalid_request"),
            ),
            row(
                "token twice",
                "RFC 6749 §3.2",
                post(REVOKE, &[("client_id", &client.id), ("token", "a"), ("token", "b")]),
                Told::Json(400, "invalid_request"),
            ),
            row(
                "no client",
                "RFC 7009 §2.1",
                post(REVOKE, &[("token", &tokens.refresh)]),
                Told::Json(401, "invalid_client"),
            ),
            row(
                "an unknown client",
                "RFC 7009 §2.1",
                post(REVOKE, &[("client_id", "x"), ("token", &tokens.refresh)]),
                Told::Json(401, "invalid_client"),
            ),
            row("JSON", "RFC 7009 §2.1", post_json(REVOKE, "{}"), Told::Json(415, "invalid_request")),
            row("GET", "RFC 7009 §2.1", get(REVOKE), Told::Status(405)),
        ],
    )
    .await;
}
