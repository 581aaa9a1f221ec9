//! Requests that are refused by their heads: their bodies are read, so that the connection can be used again, and not kept.

use bytes::Bytes;
use doorward::config::Config;
use doorward::protocol::{Issuer, ProtectedResource, paths};
use doorward::sealed::RootSecret;
use doorward_tools::McpServer;
use doorward_tower::{AuthorizationServer, GuardLayer};
use harness::Person;
use harness::TestServer;
use harness::client::{Client, tool_call};
use harness::test_server::guard;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Body, Frame};
use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tower_service::Service;

/// The size of a frame, in bytes.
const FRAME: usize = 1024;

/// How many frames of a body exist, and how many existed at most.
#[derive(Default)]
struct Held {
    now: AtomicUsize,
    most: AtomicUsize,
    read: AtomicUsize,
}

/// The memory of one frame.
struct Memory(Arc<Held>, [u8; FRAME]);

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        &self.1
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A body of unknown length that says how much of it is held.
struct Counted {
    held: Arc<Held>,
    left: usize,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        let held = &self.held;
        held.read.fetch_add(1, Ordering::SeqCst);
        held.most.fetch_max(held.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_owner(Memory(held.clone(), [b' '; FRAME]))))))
    }
}

/// The request with a body of so many frames, and the count of what is held.
fn with_body<B>(request: Request<B>, frames: usize) -> (Request<Counted>, Arc<Held>) {
    let held = Arc::<Held>::default();
    (request.map(|_| Counted { held: held.clone(), left: frames }), held)
}

/// Asserts that all was read, and one frame held at once.
fn was_dropped(held: &Held, frames: usize) {
    assert_eq!((held.read.load(Ordering::SeqCst), held.most.load(Ordering::SeqCst)), (frames, 1));
}

#[tokio::test]
async fn the_mcp_server_keeps_no_body_without_a_good_token() {
    let test = TestServer::new().await;
    let mcp = McpServer::new(guard(&test.server, 0));
    for token in [None, Some("x")] {
        let (request, held) = with_body(tool_call(token, "current"), 512);
        let refused = mcp.answer(request).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert!(!refused.headers().contains_key(header::CONNECTION), "the connection can be used again");
        was_dropped(&held, 512);
    }
    let (large, held) = with_body(tool_call(None, "current"), 2048);
    let refused = mcp.answer(large).await;
    assert_eq!(refused.headers()[header::CONNECTION], "close");
    was_dropped(&held, 1025);
    let token = Client::register(&test).await.obtain_token(&test, &mut Person::alice()).await;
    let (request, held) = with_body(tool_call(Some(&token), "current"), 4);
    assert_eq!(mcp.answer(request).await.status(), StatusCode::BAD_REQUEST, "spaces are no message");
    assert_eq!(held.most.load(Ordering::SeqCst), 4);
}

fn authorization_server() -> AuthorizationServer {
    let resource = ProtectedResource::parse("https://mcp.example/mcp", "read").unwrap();
    let config = Config::builder(Issuer::parse("https://auth.example").unwrap()).resource(resource);
    AuthorizationServer::builder(config.build().unwrap(), RootSecret::new([7; 32])).build().unwrap()
}

#[tokio::test]
async fn the_authorization_server_keeps_no_body_of_another_path_or_method() {
    let server = authorization_server();
    for (path, status) in [("/nothing", StatusCode::NOT_FOUND), (paths::JWKS, StatusCode::METHOD_NOT_ALLOWED)]
    {
        let (request, held) = with_body(Request::post(path).body(()).unwrap(), 64);
        let refused = server.answer(request).await;
        assert_eq!(refused.status(), status);
        let correlated = refused.headers().contains_key("doorward-correlation");
        assert_eq!(correlated, status == StatusCode::NOT_FOUND, "a 405 has no line in the log");
        was_dropped(&held, 64);
        let (large, _) = with_body(Request::post(path).body(()).unwrap(), 65);
        let refused = server.answer(large).await;
        assert_eq!(
            (refused.status(), &refused.headers()[header::CONNECTION]),
            (status, &"close".parse().unwrap())
        );
    }
}

/// A service that is never reached.
#[derive(Clone)]
struct Behind;

impl Service<Request<Full<Bytes>>> for Behind {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        ready(Ok(Response::default()))
    }
}

#[tokio::test]
async fn the_guard_layer_keeps_no_body_without_a_token() {
    let layer = GuardLayer::new(authorization_server().guard());
    let mut guarded = tower_layer::Layer::layer(&layer, Behind);
    let (request, held) = with_body(Request::post("/mcp").body(()).unwrap(), 64);
    assert_eq!(guarded.call(request).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    was_dropped(&held, 64);
}
