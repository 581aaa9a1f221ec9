//! MCP endpoint behind the guard, with the protected resource metadata.

use bytes::Bytes;
use doorward::guard::{Access, Guard, refuse_message};
use doorward::protocol::ToolCall;
use doorward::wire::{Event, Events, TraceId};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, combinators::BoxBody};
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use std::{convert::Infallible, error::Error, pin::pin, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// The largest message that is read, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// Timeout of a tool call. Without it, the request of a tool that panics would hang forever.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// A response whose body may be a stream.
pub type Answer = Response<BoxBody<Bytes, Infallible>>;

/// A handler's tools and resources behind a guard. A clone shares everything.
pub struct Guarded<H: ServerHandler> {
    guard: Guard,
    audit_calls: bool,
    rmcp: Arc<StreamableHttpService<H, NeverSessionManager>>,
}

impl<H: ServerHandler> Clone for Guarded<H> {
    fn clone(&self) -> Self {
        Self { guard: self.guard.clone(), audit_calls: self.audit_calls, rmcp: self.rmcp.clone() }
    }
}

impl<H: ServerHandler + Clone> Guarded<H> {
    /// Puts `handler` behind `guard`. The handler is cloned for every request.
    pub fn with(guard: Guard, handler: H) -> Self {
        // The guard checks Host and Origin (DNS rebinding), before the token.
        let config = StreamableHttpServerConfig::default()
            .disable_allowed_hosts()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_sse_keep_alive(None)
            .with_sse_retry(None)
            .with_max_request_body_bytes(MAX_BODY);
        let rmcp = StreamableHttpService::new(move || Ok(handler.clone()), Arc::default(), config);
        Self { guard, audit_calls: false, rmcp: Arc::new(rmcp) }
    }

    /// Makes each call of a tool an event.
    #[must_use]
    pub fn audit_calls(self, audit_calls: bool) -> Self {
        Self { audit_calls, ..self }
    }

    /// The guard in front of it.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Answers a request: the resource's metadata to every caller, MCP to callers that the guard allows.
    ///
    /// The body of a refused request is read too, and dropped. A refusal that left it unread would have to close the connection.
    /// Clients that send head and body separately would then find it closed at their next request.
    pub async fn answer<B>(&self, request: Request<B>) -> Answer
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, MAX_BODY);
        let answer = match self.admit(&head).await {
            Ok(access) => match body.collect().await {
                Ok(body) => self.call(&head, body.to_bytes(), access).await,
                Err(error) => unread(error.is::<LengthLimitError>()),
            },
            Err(refused) => match discard(body).await {
                Ok(()) => refused,
                Err(_) => closing(refused),
            },
        };
        self.guard.open_to_browsers(&head, answer)
    }

    /// Answers a request with a complete body, with a response whose body is complete too.
    pub async fn answer_whole(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (head, body) = self.answer(request.map(Full::new)).await.into_parts();
        let Ok(body) = body.collect().await;
        Response::from_parts(head, body.to_bytes())
    }

    /// Checks the head, in the order that MCP requires: preflight, metadata, foreign pages (Origin), token.
    async fn admit(&self, head: &Parts) -> Result<Access, Answer> {
        if let Some(answer) = self.guard.answer(head) {
            return Err(answer.map(whole));
        }
        if !self.guard.is_for(head) {
            return Err(refuse(StatusCode::NOT_FOUND, "no endpoint has this path"));
        }
        self.guard.admit(head, b"").await.map_err(|refused| refused.map(whole))
    }

    /// Checks the message and its tool, and calls it.
    async fn call(&self, head: &Parts, body: Bytes, access: Access) -> Answer {
        if let Err(refused) = self.guard.admit_message(head, &access, &body) {
            return refused.map(whole);
        }
        // rmcp would report the media type instead.
        let called = match ToolCall::read(&body) {
            Ok(called) => called,
            Err(why) if head.method == Method::POST => return refuse_message(&why).map(whole),
            Err(_) => None,
        };
        let mut request = Request::from_parts(head.clone(), Full::new(body));
        request.extensions_mut().insert(access.clone());
        let (began, trace) = (Instant::now(), TraceId::of(&head.headers));
        // The future of rmcp is large, and would be moved through those around it.
        let answer = timeout(MAX_WAIT, Box::pin(self.rmcp.handle(request))).await;
        let mut answer = answer.unwrap_or_else(|_| {
            refuse(StatusCode::GATEWAY_TIMEOUT, "the tool did not answer within 30 seconds")
        });
        if let Some(call) = called.filter(|_| self.audit_calls) {
            let event = self.guard.tool_called(&access, &call, answer.status(), began.elapsed());
            answer.extensions_mut().get_or_insert_default::<Events>().0.push(Event { trace, ..event });
        }
        answer
    }
}

fn whole(body: Bytes) -> BoxBody<Bytes, Infallible> {
    Full::new(body).boxed()
}

fn refuse(status: StatusCode, why: &'static str) -> Answer {
    let mut answer = Response::new(whole(Bytes::from_static(why.as_bytes())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    answer
}

/// Reads a body and drops it.
async fn discard<B>(body: Limited<B>) -> Result<(), Box<dyn Error + Send + Sync>>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut body = pin!(body);
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(())
}

/// Refuses a request and closes the connection. The unread rest of the body would be read as the next request.
fn unread(too_large: bool) -> Answer {
    closing(match too_large {
        true => refuse(StatusCode::PAYLOAD_TOO_LARGE, "the message is larger than the maximum of 1 MiB"),
        false => refuse(StatusCode::BAD_REQUEST, "the message is incomplete"),
    })
}

fn closing(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}
