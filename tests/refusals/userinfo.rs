//! Requests that the `UserInfo` endpoint refuses before the store is asked (RFC 6750 §3; OpenID Connect Core 1.0 §5.3.3).

use crate::mcp::signed;
use crate::{Row, Told, check, row};
use doorward::protocol::paths::USERINFO;
use doorward::protocol::{ClientId, Resource, Subject};
use doorward::wire::Request;
use harness::client::{Client, access_token};
use harness::fakes::TestSigner;
use harness::test_server::{get, json, parameter, post, post_json, used_by};
use harness::{Person, TestServer};

fn with(mut request: Request, authorization: &str) -> Request {
    request.headers_mut().append("authorization", authorization.parse().unwrap());
    request
}

fn bearer(token: &str) -> Request {
    with(get(USERINFO), &format!("Bearer {token}"))
}

#[tokio::test]
async fn every_invalid_request_is_refused() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let plain = client.obtain_token(&test, &mut alice).await;
    let back = alice.let_in(&test, &client.url_with(&[("scope", "openid")])).await;
    let redeemed = test.send(client.redeems(&parameter(&back, "code").unwrap())).await;
    let (token, id_token) = (access_token(&redeemed), json(&redeemed)["id_token"].clone());
    let (ours, theirs) = (test.server.token_keys.signer().unwrap(), &TestSigner::new(8));
    let missing = Told::Bearer(401, "Bearer realm=\"userinfo\"", "invalid_token");
    let malformed = || Told::Bearer(400, "Bearer error=\"invalid_request\"", "invalid_request");
    let invalid = || Told::Bearer(401, "Bearer error=\"invalid_token\"", "invalid_token");
    let lacking = || Told::Bearer(403, "Bearer error=\"insufficient_scope\"", "insufficient_scope");
    let elsewhere = signed(&token, ours, |claims| {
        claims.aud = Resource::parse("https://gone.example/mcp").unwrap();
    });
    let own = signed(&token, ours, |claims| claims.sub = Subject::parse("client:robot").unwrap());
    let old = signed(&token, ours, |claims| claims.exp = claims.iat);
    let foreign = signed(&token, ours, |claims| claims.iss = "https://evil.example".into());
    let renamed = signed(&token, theirs, |claims| claims.client_id = ClientId("x".into()));
    check(
        &test,
        vec![
            row("no token", "RFC 6750 §3", get(USERINFO), missing),
            row(
                "a POST without a token",
                "RFC 6750 §3",
                post(USERINFO, &[]),
                Told::Bearer(401, "realm=", "invalid_token"),
            ),
            row(
                "a token in the query",
                "RFC 6750 §2.3; MCP, Access Token Usage",
                get(&format!("{USERINFO}?access_token={token}")),
                Told::Bearer(401, "realm=", "invalid_token"),
            ),
            row(
                "a token in the body",
                "RFC 6750 §2.2",
                post(USERINFO, &[("access_token", &token)]),
                Told::Bearer(401, "realm=", "invalid_token"),
            ),
            row(
                "another scheme",
                "RFC 6750 §2.1",
                with(get(USERINFO), "Basic YTpi"),
                Told::Bearer(401, "realm=", "invalid_token"),
            ),
            row("no token behind the scheme", "RFC 6750 §2.1", with(get(USERINFO), "Bearer "), malformed()),
            row("two headers", "RFC 6750 §2.1", with(bearer(&token), "Bearer a"), malformed()),
            row("no JWT", "RFC 6750 §3.1", bearer("abc"), invalid()),
            row("an ID token", "RFC 9068 §4", bearer(id_token.as_str().unwrap()), invalid()),
            row("a token of another key", "RFC 9068 §4", bearer(&renamed), invalid()),
            row("a token of another issuer", "RFC 9068 §4", bearer(&foreign), invalid()),
            row("a token that has expired", "RFC 9068 §4", bearer(&old), invalid()),
            row("a token of a resource that is gone", "RFC 9068 §4", bearer(&elsewhere), invalid()),
            row("no openid", "OpenID Connect Core 1.0 §5.3", bearer(&plain), lacking()),
            row("a client's own token", "OpenID Connect Core 1.0 §5.3", bearer(&own), lacking()),
            row("PUT", "OpenID Connect Core 1.0 §5.3", method("PUT"), Told::Status(405)),
            row(
                "JSON",
                "RFC 6750 §2",
                post_json(USERINFO, "{}"),
                Told::Bearer(401, "realm=", "invalid_token"),
            ),
        ],
    )
    .await;
}

fn method(name: &str) -> Request {
    let mut request = get(USERINFO);
    *request.method_mut() = name.parse().unwrap();
    request
}

/// A new sign-in would not help, so there is no challenge.
#[tokio::test]
async fn a_user_who_may_not_use_the_resource_any_more_is_told_so() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let back = Person::alice().let_in(&test, &client.url_with(&[("scope", "openid")])).await;
    let token = access_token(&test.send(client.redeems(&parameter(&back, "code").unwrap())).await);
    let test = test.with_config(used_by(["user:bob", "anyone"])).await;
    let refused = row("the user", "RFC 6750 §3.1", bearer(&token), Told::Json(403, "access_denied"));
    check(&test, vec![refused]).await;
}

/// What a client asks of the sign-in for its ID token.
#[tokio::test]
async fn a_malformed_nonce_or_max_age_is_refused() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let long = "n".repeat(256);
    let of = |wrong, section, changes: &[(&str, &str)], error| -> Row {
        row(wrong, section, get(&client.url_with(changes)), Told::Redirect(error))
    };
    check(
        &test,
        vec![
            of(
                "a long nonce",
                "OIDC Core §3.1.2.1",
                &[("scope", "openid"), ("nonce", &long)],
                "invalid_request",
            ),
            of(
                "nonce twice",
                "RFC 6749 §3.1",
                &[("scope", "openid"), ("nonce", "a"), ("nonce", "b")],
                "invalid_request",
            ),
            of("max_age with a sign", "OIDC Core §3.1.2.1", &[("max_age", "-1")], "invalid_request"),
            of("max_age with a unit", "OIDC Core §3.1.2.1", &[("max_age", "60s")], "invalid_request"),
        ],
    )
    .await;
}
