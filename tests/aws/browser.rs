//! Browser tests against the functions' real binaries and a client.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

#[path = "../browser/chromium.rs"]
mod chromium;
#[path = "../browser/connecting.rs"]
mod connecting;
#[path = "../browser/password.rs"]
mod password;
#[path = "../browser/search.rs"]
mod search;
#[path = "../browser/stories.rs"]
mod stories;
#[path = "../browser/tabs.rs"]
mod tabs;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use connecting::Connecting;
use harness::TestServer;
use harness::test_server::PASSWORD;
use std::time::Duration;
use stories::Browser;
use tokio::net::TcpListener;

/// Which of the two servers of a test server a port belongs to.
#[derive(Clone, Copy)]
enum Target {
    AuthorizationServer,
    McpServer,
}

async fn port() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Serves one of the two servers on a port, for browsers and clients.
fn open(listener: TcpListener, test: &TestServer, target: Target) {
    let test = test.clone();
    let answer = async move |request: Request| -> Response {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts, to_bytes(body, 65_536).await.unwrap());
        let answer = match target {
            Target::AuthorizationServer => test.send(request).await,
            Target::McpServer => test.call(request).await,
        };
        answer.map(Body::from)
    };
    tokio::spawn(async { axum::serve(listener, Router::new().fallback(answer)).await });
}

/// A test server that listens on ports, and the URL of its MCP server.
async fn reachable() -> (TestServer, String) {
    let ((auth, issuer), (mcp, origin)) = (port().await, port().await);
    let resource = format!("{origin}/mcp");
    let test = TestServer::at(&issuer, &resource).await;
    test.introduce("bob", PASSWORD).await;
    open(auth, &test, Target::AuthorizationServer);
    open(mcp, &test, Target::McpServer);
    (test, resource)
}

async fn connect() -> Connecting {
    Connecting::to(reachable().await.1).await
}

/// This test runs only here, because it changes the time of the server.
#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn an_expired_form_is_shown_again_and_the_request_goes_on() {
    let (test, resource) = reachable().await;
    let mut connecting = Connecting::to(resource).await;
    let browser = Browser::start().await;
    browser.page.goto(&connecting.url).await.unwrap();
    browser.sign_in(PASSWORD).await;
    browser.sees("h1", "Let this program in?").await;
    test.clock.pass(test.server.config.lifetimes().form + Duration::from_secs(1));
    browser.press("button[value=allow]").await;
    let said = "That page was too old, or belonged to another browser. Please try again.";
    browser.sees("*[@role='alert']", said).await;
    browser.press("button[value=allow]").await;
    browser.sees("p", "Done. You can close this window.").await;
    assert!(connecting.ends().await.is_ok());
    test.clock.pass(test.server.config.lifetimes().session);
    browser.page.goto(&format!("{}/account", test.server.config.issuer())).await.unwrap();
    browser.sees("h1", "Sign in").await;
    browser.page.close().await.unwrap();
}
