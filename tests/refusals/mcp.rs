//! Requests that the guard of the MCP server refuses (RFC 6750 §3; MCP 2026-07-28, Access Token Usage).

use crate::{Row, Told, row};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::jose::Signer;
use doorward::ports::Timestamp;
use doorward::protocol::{Resource, Scope, Subject};
use doorward::token::AccessToken;
use harness::client::{Client, tool_call};
use harness::fakes::TestSigner;
use harness::test_server::{header, parameter, used_by};
use harness::{Person, TestServer, client::access_token};
use serde_json::json;

fn with_header(value: &str) -> doorward::wire::Request {
    let mut request = tool_call(None, "current");
    request.headers_mut().insert("authorization", value.parse().unwrap());
    request
}

/// The token with some claims changed, signed by `signer`.
pub(crate) fn signed(token: &str, signer: &dyn Signer, change: impl FnOnce(&mut AccessToken)) -> String {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let mut claims: AccessToken = serde_json::from_slice(&claims).unwrap();
    change(&mut claims);
    claims.sign(signer).unwrap()
}

/// The token's claims as an array, in the order of their fields, correctly signed by `signer`.
fn listed(token: &str, signer: &dyn Signer) -> String {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let AccessToken { iss, sub, aud, client_id, scope, iat, exp, auth_time, jti, gid } =
        serde_json::from_slice(&claims).unwrap();
    let claims = json!([iss, sub, aud, client_id, scope, iat, exp, auth_time, jti, gid]).to_string();
    let header = token.split('.').next().unwrap();
    with_signature(&format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims)), signer)
}

fn with_signature(message: &str, signer: &dyn Signer) -> String {
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signer.sign(message.as_bytes()).unwrap()))
}

/// The token's claims with a JOSE header that is an array, correctly signed by `signer`.
fn with_header_list(token: &str, signer: &dyn Signer) -> String {
    let header = json!(["ES256", "at+jwt", signer.public_key().id(), null]).to_string();
    let claims = token.split('.').nth(1).unwrap();
    with_signature(&format!("{}.{claims}", URL_SAFE_NO_PAD.encode(header)), signer)
}

/// The token's claims with another JOSE header, correctly signed by `signer`.
fn framed(token: &str, signer: &dyn Signer, alg: &str, typ: &str, more: &str) -> String {
    let kid = signer.public_key().id();
    let header = format!(r#"{{"alg":"{alg}","typ":"{typ}","kid":"{kid}"{more}}}"#);
    with_signature(
        &format!("{}.{}", URL_SAFE_NO_PAD.encode(header), token.split('.').nth(1).unwrap()),
        signer,
    )
}

#[tokio::test]
async fn every_invalid_token_or_request_is_refused() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let token = client.obtain_token(&test, &mut alice).await;
    let code = client.obtain_code(&test, &mut alice).await;
    let (ours, theirs) = (test.server.token_keys.signer().unwrap(), &TestSigner::new(8));
    let narrow = client.url_with(&[("scope", "files")]);
    let narrow = parameter(&alice.let_in(&test, &narrow).await, "code").unwrap();
    let narrow = access_token(&test.send(client.redeems(&narrow)).await);
    let invalid = |wrong, section, token: &str| -> Row {
        row(
            wrong,
            section,
            tool_call(Some(token), "current"),
            Told::Challenge(401, "error=\"invalid_token\""),
        )
    };
    let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
    let mut two = tool_call(Some(&token), "current");
    two.headers_mut().append("authorization", "Bearer x".parse().unwrap());
    let mut in_query = tool_call(None, "current");
    *in_query.uri_mut() = format!("/mcp?access_token={token}").parse().unwrap();
    let rows = vec![
        row(
            "no token",
            "RFC 6750 §3",
            tool_call(None, "current"),
            Told::Challenge(401, "Bearer resource_metadata="),
        ),
        row(
            "no token, at the path with a slash",
            "RFC 6750 §3",
            at("", "POST", "/mcp/", "{}"),
            Told::Challenge(401, "Bearer resource_metadata="),
        ),
        row(
            "no token on GET",
            "MCP, Transports",
            at("", "GET", "/mcp", ""),
            Told::Challenge(401, "Bearer resource_metadata="),
        ),
        row(
            "a token in the query",
            "MCP, Token Requirements",
            in_query,
            Told::Challenge(401, "Bearer resource_metadata="),
        ),
        row(
            "Basic",
            "RFC 6750 §2.1",
            with_header("Basic YTpi"),
            Told::Challenge(401, "Bearer resource_metadata="),
        ),
        row(
            "Bearer without a token",
            "RFC 6750 §3.1",
            with_header("Bearer"),
            Told::Challenge(400, "error=\"invalid_request\""),
        ),
        row("two tokens", "RFC 6750 §3.1", two, Told::Challenge(400, "error=\"invalid_request\"")),
        invalid("a made-up token", "RFC 6750 §3.1", "token"),
        invalid("a code as token", "RFC 6750 §3.1", &code),
        invalid("an unsigned token", "RFC 8725 §3.1", &unsigned),
        invalid("the algorithm none", "RFC 8725 §3.1", &framed(&token, ours, "none", "at+jwt", "")),
        invalid("another algorithm", "RFC 8725 §3.1", &framed(&token, ours, "HS256", "at+jwt", "")),
        invalid("another type", "RFC 9068 §4", &framed(&token, ours, "ES256", "JWT", "")),
        invalid(
            "an extension that must be understood",
            "RFC 7515 §4.1.11",
            &framed(&token, ours, "ES256", "at+jwt", r#","crit":["b64"]"#),
        ),
        invalid("a header that is an array", "RFC 7515 §5.2", &with_header_list(&token, ours)),
        invalid("claims that are an array", "RFC 7519 §7.2", &listed(&token, ours)),
        invalid("a signature by another key", "RFC 9068 §4", &signed(&token, theirs, |_| ())),
        invalid("another issuer", "RFC 9068 §4", &signed(&token, ours, |claims| claims.iss.push('/'))),
        invalid(
            "another audience",
            "RFC 9068 §4",
            &signed(&token, ours, |claims| claims.aud = Resource::parse("https://other.example").unwrap()),
        ),
        invalid("an expired token", "RFC 9068 §4", &signed(&token, ours, |claims| claims.exp = Timestamp(1))),
        invalid("a token that is too long", "RFC 6750 §3.1", &"A".repeat(9000)),
        row(
            "too few scopes",
            "RFC 6750 §3.1",
            tool_call(Some(&narrow), "current"),
            Told::Challenge(403, "error=\"insufficient_scope\""),
        ),
        row(
            "a foreign Origin",
            "MCP, Transports: DNS rebinding",
            foreign(&token, "origin", "https://evil.example"),
            Told::Json(403, "access_denied"),
        ),
        row(
            "the Origin null",
            "MCP, Transports: DNS rebinding",
            foreign(&token, "origin", "null"),
            Told::Json(403, "access_denied"),
        ),
        row("another path", "RFC 9110 §15.5.5", at(&token, "POST", "/other", "{}"), Told::Status(404)),
        row("GET with a token", "MCP, Transports", at(&token, "GET", "/mcp", ""), Told::Status(405)),
        row("invalid JSON", "JSON-RPC 2.0 §5.1", at(&token, "POST", "/mcp", "{"), Told::JsonRpc(400, -32700)),
        row("no body", "JSON-RPC 2.0 §5.1", at(&token, "POST", "/mcp", ""), Told::JsonRpc(400, -32700)),
        row(
            "a batch",
            "MCP 2026-07-28, Transports: Sending Messages",
            at(&token, "POST", "/mcp", r#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#),
            Told::JsonRpc(400, -32600),
        ),
        row(
            "a message that is none",
            "JSON-RPC 2.0 §4",
            at(&token, "POST", "/mcp", r#"{"jsonrpc":"2.0","Method":"tools/list","id":1}"#),
            Told::JsonRpc(400, -32600),
        ),
        row(
            "invalid JSON and no token",
            "MCP, Authorization",
            at("", "POST", "/mcp", "{"),
            Told::Challenge(401, "Bearer resource_metadata="),
        ),
        row(
            "a message that is too large",
            "RFC 9110 §15.5.14",
            at(&token, "POST", "/mcp", &"x".repeat(1 << 21)),
            Told::Status(413),
        ),
        row(
            "an unknown protocol version",
            "MCP, Transports",
            foreign(&token, "mcp-protocol-version", "1999-01-01"),
            Told::Status(400),
        ),
    ];
    for row in rows {
        row.compare(&test.call(row.request.clone()).await);
    }
}

/// Another sign-in would not help, so there is no challenge.
#[tokio::test]
async fn a_user_who_may_not_use_the_resource_is_refused_whatever_the_scopes() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let token = client.obtain_token(&test, &mut Person::alice()).await;
    let test = test.with_config(used_by(["user:bob", "anyone"])).await;
    let ours = test.server.token_keys.signer().unwrap();
    let narrow = signed(&token, ours, |claims| claims.scope = Scope::parse("files").unwrap());
    let machine = signed(&token, ours, |claims| claims.sub = Subject::parse("client:robot").unwrap());
    let denied = || Told::Json(403, "access_denied");
    for row in [
        row("a user whom no rule names", "RFC 9110 §15.5.4", tool_call(Some(&token), "current"), denied()),
        row(
            "the same with too few scopes",
            "RFC 9110 §15.5.4",
            tool_call(Some(&narrow), "current"),
            denied(),
        ),
    ] {
        let refused = test.call(row.request.clone()).await;
        row.compare(&refused);
        assert_eq!(header(&refused, "www-authenticate"), "", "{}", row.wrong);
    }
    assert_eq!(test.call(tool_call(Some(&machine), "current")).await.status(), 200, "a client is no user");
}

#[tokio::test]
async fn on_loopback_a_dns_rebinding_request_is_refused() {
    let test = TestServer::at("http://127.0.0.1:9000", "http://127.0.0.1:8000/mcp").await;
    let token = Client::register(&test).await.obtain_token(&test, &mut Person::alice()).await;
    let rows =
        [("a foreign Host", token.as_str()), ("a foreign Host without a token", "")].map(|(wrong, token)| {
            let request = foreign(token, "host", "evil.example");
            row(wrong, "MCP, Transports: DNS rebinding", request, Told::Json(403, "access_denied"))
        });
    for row in rows {
        row.compare(&test.call(row.request.clone()).await);
    }
}

fn at(token: &str, method: &str, path: &str, body: &str) -> doorward::wire::Request {
    let mut request = tool_call(Some(token).filter(|token| !token.is_empty()), "current");
    *request.method_mut() = method.parse().unwrap();
    *request.uri_mut() = path.parse().unwrap();
    *request.body_mut() = bytes::Bytes::copy_from_slice(body.as_bytes());
    request
}

fn foreign(token: &str, name: &'static str, value: &str) -> doorward::wire::Request {
    let mut request = tool_call(Some(token).filter(|token| !token.is_empty()), "current");
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}
