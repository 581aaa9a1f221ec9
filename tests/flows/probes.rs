//! Discovery probes: the paths that clients try first. No answer is a 5xx, because clients stop at a 5xx.

use doorward::protocol::paths;
use harness::client::{Client, Tokens, VERIFIER};
use harness::test_server::{get, header, json, parameter, post, post_json};
use harness::{Person, TestServer};
use http::Method;

/// The known paths, with the prefixes and suffixes that clients add.
fn probes() -> Vec<String> {
    let names = [
        paths::METADATA,
        paths::OPENID,
        paths::PROTECTED_RESOURCE,
        paths::AUTHORIZE,
        paths::TOKEN,
        paths::REGISTER,
        paths::INTROSPECT,
        paths::REVOKE,
        paths::JWKS,
        paths::OLD_AUTHORIZE,
        paths::OLD_TOKEN,
        paths::OLD_REGISTER,
        "/.well-known/jwks.json",
        "/.well-known/mcp",
        "/.well-known/openai-apps-challenge",
        "/mcp",
        "/sse",
        "/favicon.ico",
        "/robots.txt",
        "/",
        "",
    ];
    let around = |name: &str| {
        [
            name.to_owned(),
            format!("{name}/"),
            format!("{name}/mcp"),
            format!("{name}/mcp/"),
            format!("/mcp{name}"),
            format!("{name}?a=b&a=c"),
            format!("/{name}"),
            format!("{name}/%2e%2e/%00"),
        ]
    };
    names.iter().flat_map(|name| around(name)).filter(|path| path.starts_with('/')).collect()
}

#[tokio::test]
async fn no_probe_gets_a_5xx() {
    let test = TestServer::new().await;
    for path in probes() {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::PUT, Method::DELETE]
        {
            let mut request = post_json(&path, "{}");
            *request.method_mut() = method.clone();
            request.headers_mut().insert("host", "mcp.example".parse().unwrap());
            for answer in [test.send(request.clone()).await, test.call(request).await] {
                assert!(!answer.status().is_server_error(), "{method} {path}: {answer:?}");
            }
        }
    }
    assert_eq!(test.store.take(), crate::NOTHING);
}

#[tokio::test]
async fn a_trailing_slash_on_a_metadata_path_is_accepted() {
    let test = TestServer::new().await;
    for path in [
        paths::METADATA,
        paths::OPENID,
        paths::PROTECTED_RESOURCE,
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server/mcp",
        "/mcp/.well-known/openid-configuration",
    ] {
        let document = json(&test.send(get(path)).await);
        assert_eq!(json(&test.send(get(&format!("{path}/"))).await), document, "{path}");
    }
    let published = get("/.well-known/oauth-protected-resource/mcp/");
    assert_eq!(json(&test.call(published).await)["resource"], "https://mcp.example/mcp");
}

#[tokio::test]
async fn a_client_that_reads_no_metadata_uses_the_default_paths() {
    let test = TestServer::new().await;
    let registration = format!(r#"{{"redirect_uris":["{}"]}}"#, "http://127.0.0.1:7777/callback");
    let registered = test.send(post_json(paths::OLD_REGISTER, &registration)).await;
    assert_eq!(registered.status(), 201);
    let id = json(&registered)["client_id"].as_str().unwrap().to_owned();
    let client = Client { id, redirect_uri: "http://127.0.0.1:7777/callback".to_owned() };
    let url = client.url().replace(paths::AUTHORIZE, paths::OLD_AUTHORIZE);
    let code = parameter(&Person::alice().let_in(&test, &url).await, "code").unwrap();
    let asks = [
        ("grant_type", "authorization_code"),
        ("client_id", &client.id),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    let tokens = Tokens::of(&test.send(post(paths::OLD_TOKEN, &asks)).await);
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
}

#[tokio::test]
async fn an_mcp_server_on_its_own_origin_redirects_probes_to_the_issuer() {
    let test = TestServer::new().await;
    for (asked, place) in [
        (get(paths::METADATA), "/.well-known/oauth-authorization-server"),
        (get("/.well-known/openid-configuration/mcp"), "/.well-known/openid-configuration"),
        (get("/mcp/.well-known/openid-configuration/"), "/.well-known/openid-configuration"),
        (get("/authorize?state=a%20b&x"), "/oauth/authorize?state=a%20b&x"),
        (post("/token", &[("code", "x")]), "/oauth/token"),
        (post_json("/register", "{}"), "/oauth/register"),
    ] {
        let answer = test.call(asked).await;
        assert_eq!(answer.status(), 307);
        assert_eq!(header(&answer, "location"), format!("https://auth.example{place}"));
    }
}

#[tokio::test]
async fn on_a_shared_origin_the_mcp_server_does_not_redirect_to_itself() {
    let test = TestServer::at("https://auth.example", "https://auth.example/mcp").await;
    assert_eq!(test.call(get(paths::METADATA)).await.status(), 404);
}
