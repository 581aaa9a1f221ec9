//! CORS for clients that run in a web page (Fetch, "CORS protocol").

use doorward::protocol::{Origin, paths};
use doorward::wire::Request;
use harness::TestServer;
use harness::client::tool_call;
use harness::test_server::{get, header, post, sound};

const ORIGIN: &str = "https://inspector.example";

fn from_page(mut request: Request, origin: &str) -> Request {
    request.headers_mut().insert("origin", origin.parse().unwrap());
    request
}

fn preflight(path: &str, origin: &str) -> Request {
    let mut request = from_page(get(path), origin);
    *request.method_mut() = http::Method::OPTIONS;
    request.headers_mut().insert("access-control-request-method", "POST".parse().unwrap());
    request.headers_mut().insert("host", "mcp.example".parse().unwrap());
    request
}

#[tokio::test]
async fn web_pages_may_discover_register_and_fetch_tokens() {
    let test = TestServer::new().await;
    for path in [paths::REGISTER, paths::TOKEN, paths::REVOKE] {
        let asked = test.send(preflight(path, ORIGIN)).await;
        assert_eq!(
            (asked.status().as_u16(), header(&asked, "access-control-allow-origin")),
            (204, ORIGIN),
            "{path}"
        );
        assert!(header(&asked, "access-control-allow-headers").contains("MCP-Protocol-Version"), "{path}");
        let answer = test.send(from_page(post(path, &[]), ORIGIN)).await;
        assert_eq!(
            (header(&answer, "access-control-allow-origin"), header(&answer, "vary")),
            (ORIGIN, "Origin"),
            "{path}"
        );
        assert_eq!(header(&answer, "access-control-allow-credentials"), "", "{path}");
    }
    for path in [paths::METADATA, paths::PROTECTED_RESOURCE, paths::JWKS] {
        for answer in
            [test.send(preflight(path, ORIGIN)).await, test.send(from_page(get(path), ORIGIN)).await]
        {
            assert_eq!(header(&answer, "access-control-allow-origin"), "*", "{path}");
        }
    }
}

#[tokio::test]
async fn authorization_and_introspection_allow_no_other_origin() {
    let test = TestServer::new().await;
    for path in [paths::AUTHORIZE, paths::INTROSPECT] {
        let asked = test.send(preflight(path, ORIGIN)).await;
        assert_eq!(
            (asked.status().as_u16(), header(&asked, "access-control-allow-origin")),
            (405, ""),
            "{path}"
        );
        assert_eq!(
            header(&test.send(from_page(post(path, &[]), ORIGIN)).await, "access-control-allow-origin"),
            ""
        );
    }
}

#[tokio::test]
async fn the_mcp_server_allows_the_origins_of_the_configuration() {
    let (app, extension) = ("https://app.example", "chrome-extension://abcdefghijklmnop");
    let mut resource = TestServer::new().await.server.config.resources().default().clone();
    resource.origins = [app, extension].map(|origin| Origin::parse(origin).unwrap()).into();
    let test = TestServer::of(sound().resources(vec![resource])).await;
    for (origin, status, allowed) in [
        (app, 401, app),
        (extension, 401, extension),
        ("https://mcp.example", 401, "https://mcp.example"),
        ("https://app.example.evil.example", 403, ""),
        ("https://app.example:8443", 403, ""),
        ("http://app.example", 403, ""),
        ("http://localhost:6274", 403, ""),
        ("null", 403, ""),
    ] {
        let asked = test.call(preflight("/mcp", origin)).await;
        assert_eq!(header(&asked, "access-control-allow-origin"), allowed, "{origin}");
        let answer = test.call(from_page(tool_call(None, "current"), origin)).await;
        let told = (answer.status().as_u16(), header(&answer, "access-control-allow-origin"));
        assert_eq!(told, (status, allowed), "{origin}");
    }
}

#[tokio::test]
async fn the_mcp_server_allows_its_own_origin_and_on_loopback_every_loopback_origin() {
    let loopback = TestServer::at("http://127.0.0.1:9000", "http://127.0.0.1:8000/mcp").await;
    let inspector = "http://localhost:6274";
    for (test, home) in [(TestServer::new().await, "https://mcp.example"), (loopback, inspector)] {
        let asked = test.call(preflight("/mcp", home)).await;
        assert_eq!((asked.status().as_u16(), header(&asked, "access-control-allow-origin")), (204, home));
        let metadata = "/.well-known/oauth-protected-resource/mcp";
        for answer in
            [test.call(preflight(metadata, ORIGIN)).await, test.call(from_page(get(metadata), ORIGIN)).await]
        {
            assert_eq!(header(&answer, "access-control-allow-origin"), "*");
        }
        for origin in ["https://evil.example", "http://evil.example"] {
            let foreign = test.call(preflight("/mcp", origin)).await;
            assert_eq!(header(&foreign, "access-control-allow-origin"), "", "{origin}");
        }
        let mut call = from_page(tool_call(None, "current"), home);
        let host = test.server.config.resources().default().resource.authority().to_owned();
        call.headers_mut().insert("host", host.parse().unwrap());
        let refused = test.call(call).await;
        assert_eq!((refused.status().as_u16(), header(&refused, "access-control-allow-origin")), (401, home));
        assert!(header(&refused, "access-control-expose-headers").contains("WWW-Authenticate"));
    }
}
