//! An issuer with a path, at a host that it shares with the MCP server (RFC 8414 §3.1).

use async_trait::async_trait;
use doorward::guard::Guard;
use doorward::protocol::Issuer;
use doorward::protocol::paths::{self, ACCOUNT, AUTHORIZE, METADATA, OPENID};
use doorward::token::AccessToken;
use doorward::wire::{Request, Response};
use harness::client::{Tokens, tool_call};
use harness::fakes::TestWeb;
use harness::provider::Provider;
use harness::test_server::{Transport, config, get, guard, header, json, parameter, text};
use harness::{Client, Person, TestServer};
use std::sync::Arc;

const ISSUER: &str = "https://shared.example/auth";

/// The proxy of the shared host. The harness sends requests to the default paths, so they are moved below the issuer's path.
struct Shared(Arc<dyn Transport>);

#[async_trait]
impl Transport for Shared {
    async fn send(&self, mut request: Request) -> Response {
        let uri = request.uri().to_string();
        if !uri.starts_with("/auth/") && !uri.starts_with("/.well-known/") {
            *request.uri_mut() = format!("/auth{uri}").parse().unwrap();
        }
        self.0.send(request).await
    }

    async fn call(&self, request: Request) -> Response {
        self.0.call(request).await
    }
}

async fn shared() -> TestServer {
    TestServer::at(ISSUER, "https://shared.example/mcp").await
}

#[tokio::test]
async fn the_metadata_is_where_each_discovery_rule_looks() {
    let test = shared().await;
    let places = [
        format!("{METADATA}/auth"),
        format!("/auth{OPENID}"),
        format!("{OPENID}/auth"),
        format!("/auth{METADATA}"),
        format!("{METADATA}/mcp"),
    ];
    for place in places {
        let metadata = json(&test.send(get(&place)).await);
        assert_eq!(metadata["issuer"], ISSUER, "{place}");
        let urls = metadata.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_endpoint"));
        assert_eq!(urls.clone().count(), 6, "{metadata}");
        for (name, url) in urls.chain([(&"jwks_uri".to_owned(), &metadata["jwks_uri"])]) {
            let path = url.as_str().unwrap().strip_prefix("https://shared.example").unwrap();
            assert!(path.starts_with("/auth/oauth/"), "{name}: {url}");
            assert_ne!(test.send(get(path)).await.status(), 404, "{name}: {url}");
        }
    }
    let of_resource = json(&test.send(get("/.well-known/oauth-protected-resource/mcp")).await);
    assert_eq!(of_resource["authorization_servers"], serde_json::json!([ISSUER]));
}

#[tokio::test]
async fn the_root_of_the_host_belongs_to_others() {
    let test = shared().await;
    for path in
        [paths::TOKEN, AUTHORIZE, ACCOUNT, paths::OLD_TOKEN, paths::OLD_AUTHORIZE, paths::OLD_REGISTER]
    {
        assert_eq!(test.send(get(path)).await.status(), 404, "{path}");
        let below = format!("/auth{path}");
        let is_fallback = path.matches('/').count() == 1 && path != ACCOUNT;
        assert_eq!(test.send(get(&below)).await.status() == 404, is_fallback, "{below}");
    }
    for (path, status) in [("/", 404), ("/auth", 200), ("/auth/", 200), ("/authx", 404)] {
        let mut from_browser = get(path);
        from_browser.headers_mut().insert("accept", "text/html".parse().unwrap());
        assert_eq!(test.send(from_browser).await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn a_client_connects_refreshes_and_is_revoked() {
    let test = shared().await.behind(|between| Arc::new(Shared(between)));
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let back = alice.let_in(&test, &client.url()).await;
    assert_eq!(parameter(&back, "iss").as_deref(), Some(ISSUER));
    let tokens = Tokens::of(&test.send(client.redeems(&parameter(&back, "code").unwrap())).await);
    assert_eq!(test.call(tool_call(Some(&tokens.access), "current")).await.status(), 200);
    assert_eq!(claims(&tokens.access).iss, ISSUER);
    let refreshed = Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    let account = alice.open(&test, ACCOUNT).await;
    assert!(text(&account).contains("Test &"), "the client is listed: {}", text(&account));
    assert_eq!(test.send(client.revokes(&refreshed.refresh)).await.status(), 200);
    assert_eq!(json(&test.send(client.refreshes(&refreshed.refresh)).await)["error"], "invalid_grant");
}

fn claims(token: &str) -> AccessToken {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// Other servers at the same host do not get the cookies (RFC 6265bis §5.1.4).
#[tokio::test]
async fn cookies_are_for_the_path_of_the_issuer() {
    let test = shared().await;
    let page = test.send(get("/auth/account")).await;
    let cookie = header(&page, "set-cookie");
    assert!(cookie.starts_with("__Secure-doorward-") && cookie.contains("; Path=/auth;"), "{cookie}");
    let alone = TestServer::new().await.send(get(ACCOUNT)).await;
    let cookie = header(&alone, "set-cookie");
    assert!(cookie.starts_with("__Host-doorward-") && cookie.contains("; Path=/;"), "{cookie}");
}

#[tokio::test]
async fn the_upstream_provider_sends_users_back_below_the_path() {
    let provider = Provider::start().await;
    let config = config(ISSUER, "https://shared.example/mcp").provider(provider.settings("anyone"));
    let test = TestServer::of(config).await.behind(|between| Arc::new(Shared(between)));
    let page = Person::alice().open(&test, ACCOUNT).await;
    let link = text(&page).replace("&amp;", "&");
    let back =
        form_urlencoded::byte_serialize(b"https://shared.example/auth/oauth/callback").collect::<String>();
    assert!(link.contains(&format!("redirect_uri={back}")), "{link}");
}

#[tokio::test]
async fn a_guard_at_another_host_leads_to_the_metadata() {
    let test = TestServer::at(ISSUER, "https://mcp.example/mcp").await;
    let guard = guard(&test.server, 0);
    for (path, place) in [(METADATA, METADATA), ("/.well-known/openid-configuration/mcp", OPENID)] {
        let response = guard.answer(&get(path).into_parts().0).unwrap();
        assert_eq!(header(&response, "location"), format!("https://shared.example{place}/auth"));
    }
    assert!(guard.answer(&get(paths::OLD_TOKEN).into_parts().0).is_none(), "there is no fallback path");
}

#[tokio::test]
async fn a_guard_with_the_published_keys_finds_them() {
    let test = shared().await;
    let web = Arc::new(TestWeb::default());
    let metadata = json(&test.send(get(&format!("{METADATA}/auth"))).await);
    web.publish("https://shared.example/.well-known/oauth-authorization-server/auth", &metadata);
    web.publish("https://shared.example/auth/oauth/jwks", &json(&test.send(get("/auth/oauth/jwks")).await));
    let resource = test.server.config.resources().default().clone();
    let remote = Guard::remote(resource, Issuer::parse(ISSUER).unwrap(), web, test.clock.clone());
    let test = test.behind(|between| Arc::new(Shared(between)));
    let token = Client::register(&test).await.obtain_token(&test, &mut Person::alice()).await;
    let (head, body) = tool_call(Some(&token), "current").into_parts();
    assert!(remote.admit(&head, &body).await.is_ok());
}
