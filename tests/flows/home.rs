//! The issuer's own address: a page for browsers, and nothing for programs that probe it.

use crate::{NOTHING, events};
use doorward::client::CONNECT;
use doorward::config::Branding;
use harness::TestServer;
use harness::test_server::{get, header, json, post_json, read_out, sound, text};
use http::Method;

/// The `Accept` header of a browser.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn visit(test: &TestServer, accept: &str, languages: &str) -> doorward::wire::Response {
    let mut request = get("/");
    request.headers_mut().insert("accept", accept.parse().unwrap());
    request.headers_mut().insert("accept-language", languages.parse().unwrap());
    test.send(request).await
}

#[tokio::test]
async fn a_browser_is_told_what_this_is_and_where_the_connections_are() {
    let branding = Branding::default().with_name("Example Ltd").unwrap();
    let test = TestServer::of(sound().branding(branding)).await;
    for (languages, says) in [("en", "You sign in here for programs"), ("zh-CN", "程序需要您在这里登录")]
    {
        let page = visit(&test, BROWSER, languages).await;
        assert_eq!((page.status().as_u16(), events(&page)), (200, vec![]));
        let shown = read_out(&page);
        let steps = CONNECT.map(|steps| steps.text("https://mcp.example/mcp").replace('"', "&#34;"));
        let steps = steps.iter().map(String::as_str).chain(["doorward doctor https://mcp.example/mcp"]);
        for part in [says, "Example Ltd", "https://other.example"].into_iter().chain(steps) {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(text(&page).contains("href=\"/account\""), "{}", text(&page));
        assert!(header(&page, "content-security-policy").contains("form-action 'none'"));
        assert_eq!(header(&page, "cache-control"), "no-store");
        assert_eq!(header(&page, "vary"), "accept-language, accept");
    }
    let mut head = get("/");
    *head.method_mut() = Method::HEAD;
    head.headers_mut().insert("accept", BROWSER.parse().unwrap());
    let answer = test.send(head).await;
    assert!(answer.status() == 200 && answer.body().is_empty());
    assert_eq!(test.store.take(), NOTHING);
}

/// Clients that take the issuer for an MCP server, or look for the transport of MCP 2024-11-05, go on at a 404.
#[tokio::test]
async fn a_program_that_probes_the_root_finds_nothing() {
    let test = TestServer::new().await;
    for accept in ["application/json, text/event-stream", "text/event-stream", "*/*", "application/json", ""]
    {
        let answer = visit(&test, accept, "en").await;
        assert_eq!(
            (answer.status().as_u16(), &json(&answer)["error"]),
            (404, &"not_found".into()),
            "{accept}"
        );
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let mut request = post_json("/", "{}");
        *request.method_mut() = method.clone();
        request.headers_mut().insert("accept", BROWSER.parse().unwrap());
        assert_eq!(test.send(request).await.status(), 404, "{method}");
    }
}
