//! The guard as a tower layer.

use crate::body::{Unread, discard, read};
use crate::deadline;
use crate::on_event::OnEvent;
use bytes::Bytes;
use doorward::guard::{Access, Guard};
use doorward::protocol::{Issuer, ProtectedResource};
use doorward::wire::Event;
use doorward_outbound::OutboundClient;
use doorward_signing::SystemClock;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{Either, Full};
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// The largest message by default, in bytes.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;
/// The largest body that is read from a request that is refused, in bytes. After a larger one, the connection is closed.
const MAX_REFUSED: usize = 64 * 1024;

/// Guards all paths of a service: requests without a good token do not reach it. For the others,
/// [`Access`](doorward::guard::Access) is in the extensions.
///
/// The body of an admitted request is read before the service gets it. Set a timeout for reading on the server, against clients
/// that send slowly.
///
/// The layer also answers what MCP clients ask without a token: the resource's metadata and CORS preflight requests. Other
/// paths below `/.well-known/` are 404.
#[derive(Clone)]
pub struct GuardLayer {
    guard: Guard,
    max_message: usize,
    on_event: OnEvent,
}

/// A service behind a guard.
#[derive(Clone)]
pub struct Guarded<S> {
    layer: GuardLayer,
    service: S,
}

impl GuardLayer {
    /// Guards with `guard`, for example with that of an [`AuthorizationServer`](crate::AuthorizationServer) in this
    /// process.
    pub fn new(guard: Guard) -> Self {
        Self { guard, max_message: MAX_MESSAGE, on_event: OnEvent::default() }
    }

    /// Guards `resource` with the keys that `issuer` publishes, for an MCP server away from its authorization server.
    /// Keys are fetched at the first token, and again when they change.
    pub fn remote(resource: ProtectedResource, issuer: Issuer) -> Self {
        let http = Arc::new(OutboundClient::default());
        Self::new(Guard::remote(resource, issuer, http, Arc::new(SystemClock)))
    }

    /// Sets the largest request body, in bytes. The default is 4 MiB.
    #[must_use]
    pub fn max_message(self, max_message: usize) -> Self {
        Self { max_message, ..self }
    }

    /// Sets what is called with each event, for a log. By default events are dropped.
    #[must_use]
    pub fn on_event(self, on_event: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self { on_event: OnEvent::new(on_event), ..self }
    }

    /// The request with the body that was read, or the response to send instead. In both cases the body is read: the rest
    /// of an unread body would be taken for the next request. Without a good token, only a small body is read, and none is
    /// kept.
    async fn admit<B>(&self, head: &Parts, body: B) -> Result<Request<Full<Bytes>>, Response<Bytes>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let access = match self.admit_head(head).await {
            Ok(access) => access,
            Err(mut response) => {
                if !discard(body, MAX_REFUSED).await {
                    close(&mut response);
                }
                return Err(response);
            }
        };
        let body = read(body, self.max_message).await.map_err(unread)?;
        self.guard.admit_message(head, &access, &body)?;
        let mut request = Request::from_parts(head.clone(), Full::new(body));
        request.extensions_mut().insert(access);
        Ok(request)
    }

    async fn admit_head(&self, head: &Parts) -> Result<Access, Response<Bytes>> {
        if let Some(response) = self.guard.answer(head) {
            return Err(response);
        }
        if head.uri.path().starts_with("/.well-known/") {
            return Err(plain(StatusCode::NOT_FOUND, "there is no such document"));
        }
        self.guard.admit(head, b"").await
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guarded<S>;

    fn layer(&self, service: S) -> Guarded<S> {
        Guarded { layer: self.clone(), service }
    }
}

impl<S, B, R> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    R: 'static,
{
    type Response = Response<Either<Full<Bytes>, R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that is ready is called; its clone may not be ready.
        let next = self.service.clone();
        let mut service = std::mem::replace(&mut self.service, next);
        let layer = self.layer.clone();
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            deadline::set(&mut head.extensions);
            let response = match layer.admit(&head, body).await {
                Ok(request) => service.call(request).await?.map(Either::Right),
                Err(response) => {
                    layer.on_event.report(&response);
                    response.map(|body| Either::Left(Full::new(body)))
                }
            };
            Ok(layer.guard.open_to_browsers(&head, response))
        })
    }
}

fn unread(unread: Unread) -> Response<Bytes> {
    let mut response = match unread {
        Unread::TooLarge => plain(StatusCode::PAYLOAD_TOO_LARGE, "the message is too large"),
        Unread::Broken => plain(StatusCode::BAD_REQUEST, "the message did not arrive whole"),
    };
    close(&mut response);
    response
}

fn close(response: &mut Response<Bytes>) {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}

fn plain(status: StatusCode, why: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(why.as_bytes()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body as AxumBody;

    static LARGE: [u8; MAX_REFUSED + 1] = [b' '; MAX_REFUSED + 1];

    async fn send(path: &str, body: &'static [u8]) -> Response<AxumBody> {
        let resource = ProtectedResource::parse("http://127.0.0.1:8000/mcp", "read").unwrap();
        let layer = GuardLayer::remote(resource, Issuer::parse("http://127.0.0.1:9000").unwrap());
        let mut app = Router::new().route("/mcp", axum::routing::any(|| async { "let in" })).layer(layer);
        let request = Request::post(path).header(header::HOST, "127.0.0.1:8000").body(AxumBody::from(body));
        app.call(request.unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn a_request_without_a_token_gets_the_challenge() {
        let response = send("/mcp", b"{}").await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let challenge = response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.contains("oauth-protected-resource/mcp"), "{challenge}");
    }

    #[tokio::test]
    async fn a_path_without_a_route_needs_a_token_too() {
        assert_eq!(send("/nothing", b"").await.status(), StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn an_unknown_well_known_document_is_not_found() {
        assert_eq!(send("/.well-known/nothing", b"").await.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_refused_request_with_a_large_body_closes_the_connection() {
        let response = send("/mcp", &LARGE).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "the client can still sign in");
        assert_eq!(response.headers()[header::CONNECTION], "close");
    }
}
