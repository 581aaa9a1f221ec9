//! A proxy before servers that others wrote. It makes one change to their answers at a time.

use crate::mutations::{Mutation, OAUTH};
use crate::script::{Answer, Asked};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// The address at which clients see a server, and the port at which it listens.
pub(crate) struct Front {
    listener: TcpListener,
    pub(crate) origin: String,
    pub(crate) behind: u16,
}

impl Front {
    pub(crate) async fn bind() -> Self {
        let (listener, behind) =
            tokio::join!(TcpListener::bind("127.0.0.1:0"), TcpListener::bind("127.0.0.1:0"));
        let listener = listener.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        // This listener is dropped at once, so that the server can use its port.
        Self { listener, origin, behind: behind.unwrap().local_addr().unwrap().port() }
    }
}

/// What the proxies of one MCP server and its authorization server know.
pub(crate) struct Proxy {
    issuer: String,
    resource: String,
    mutation: Mutex<Mutation>,
    has_changed: AtomicBool,
    client: Client<HttpConnector, Body>,
}

impl Proxy {
    /// Starts a proxy at each front.
    pub(crate) fn start(fronts: Vec<Front>, issuer: String, resource: String, none: Mutation) -> Arc<Self> {
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        let (mutation, has_changed) = (Mutex::new(none), AtomicBool::new(false));
        let proxy = Arc::new(Self { issuer, resource, mutation, has_changed, client });
        for Front { listener, origin, behind } in fronts {
            let proxy = proxy.clone();
            let answer = move |request| {
                let (proxy, origin) = (proxy.clone(), origin.clone());
                async move { proxy.answer(request, origin, behind).await }
            };
            let router = Router::new().fallback(answer);
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        }
        proxy
    }

    /// Makes this change from now on.
    pub(crate) fn change(&self, mutation: Mutation) {
        *self.mutation.lock().unwrap() = mutation;
        self.has_changed.store(false, Ordering::Relaxed);
    }

    /// Whether some answer differs from what the server sent.
    pub(crate) fn has_changed(&self) -> bool {
        self.has_changed.load(Ordering::Relaxed)
    }

    async fn answer(&self, request: Request, origin: String, behind: u16) -> Response<Body> {
        let (name, _, _, change) = *self.mutation.lock().unwrap();
        let (mut head, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let asked = Asked::of(&head, &body, [origin, self.issuer.clone(), self.resource.clone()]);
        head.uri = behind_uri(&head.uri, moved(name, &asked.path), behind);
        head.headers.remove(header::ACCEPT_ENCODING);
        let Ok(answer) = self.client.request(Request::from_parts(head, Body::from(body))).await else {
            return status(StatusCode::BAD_GATEWAY);
        };
        let (mut head, body) = answer.into_parts();
        drop_framing(&mut head.headers);
        if is_stream(&head.headers) {
            return Response::from_parts(head, Body::new(body));
        }
        let Ok(body) = to_bytes(Body::new(body), usize::MAX).await else {
            return status(StatusCode::BAD_GATEWAY);
        };
        let Ok(text) = String::from_utf8(body.to_vec()) else {
            return Response::from_parts(head, Body::from(body));
        };
        let mut answer = Answer::from_parts(head, text);
        let before = answer.clone();
        change(&asked, &mut answer);
        if !is_same(&before, &answer) {
            self.has_changed.store(true, Ordering::Relaxed);
        }
        answer.map(Body::from)
    }
}

/// The path of the document that is served at this path. Some changes leave a document only where these servers have none.
fn moved<'a>(name: &str, path: &'a str) -> &'a str {
    match path {
        "/.well-known/openid-configuration" if name.ends_with("_oauth_only_oidc") => OAUTH,
        "/.well-known/oauth-protected-resource" if name == "prm_root_only_no_header" => {
            "/.well-known/oauth-protected-resource/mcp"
        }
        _ => path,
    }
}

fn behind_uri(uri: &Uri, path: &str, behind: u16) -> Uri {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let path = PathAndQuery::try_from(format!("{path}{query}")).unwrap();
    Uri::builder()
        .scheme("http")
        .authority(format!("127.0.0.1:{behind}"))
        .path_and_query(path)
        .build()
        .unwrap()
}

/// Removes what says how the body was sent, because the proxy sends it anew.
fn drop_framing(headers: &mut HeaderMap) {
    for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION] {
        headers.remove(name);
    }
}

fn is_stream(headers: &HeaderMap<HeaderValue>) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// Whether both say the same. Members of JSON may have another order.
fn is_same(one: &Answer, other: &Answer) -> bool {
    let json = |answer: &Answer| serde_json::from_str::<Value>(answer.body()).ok();
    let is_same_body = one.body() == other.body() || json(one).is_some_and(|body| Some(body) == json(other));
    one.status() == other.status() && one.headers() == other.headers() && is_same_body
}

fn status(status: StatusCode) -> Response<Body> {
    let mut answer = Response::default();
    *answer.status_mut() = status;
    answer
}
