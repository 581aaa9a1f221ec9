//! The gateways of one process: finds the one of a request, and moves its bytes between client and upstream.

use crate::answer_body::{AnswerBody, MAX_SILENCE};
use crate::call_log::{Call, CallLog};
use crate::in_flight::{InFlight, Read};
use crate::legacy_stream::open;
use crate::limits::{GatewayLimits, RequestLimits};
use crate::refused_body::{MAX_REFUSED, discard, finish};
use crate::way::Way;
use crate::whole::whole;
use crate::{Upstream, UpstreamBody};
use bytes::Bytes;
use doorward::gateway::{
    Answered, Content, Entered, Forwarded, Gateway, MAX_MESSAGE, Sent, Unread, UpstreamFailure,
};
use doorward::ports::{Clock, Timestamp};
use doorward::protocol::ProtectedResource;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{Either, Full};
use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The largest rest of a message that is read after a good token, and dropped, in bytes. Most clients read no answer while
/// they send, and a closed connection would tell them nothing.
const MAX_UNREAD: usize = 16 * 1024 * 1024;

/// The body of a response: the gateway's own, or that of the upstream.
pub type GatewayBody<B = UpstreamBody> = Either<Full<Bytes>, AnswerBody<B>>;

/// A gateway, and the way to its upstream.
pub struct Route<W = Upstream> {
    /// The gateway.
    pub gateway: Gateway,
    /// The way to the upstream.
    pub upstream: W,
}

/// The gateways of one process. A clone shares everything.
pub struct Gateways<W = Upstream>(Arc<Inner<W>>);

struct Inner<W> {
    routes: Vec<Route<W>>,
    limits: GatewayLimits,
    in_flight: InFlight,
    calls: Option<CallLog>,
    clock: Arc<dyn Clock>,
}

impl<W> Clone for Gateways<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<W: Way> Gateways<W> {
    /// Gateways for these routes. `calls` gets the event of each call of a tool. `clock` is that of the access tokens.
    pub fn new(
        routes: Vec<Route<W>>,
        limits: GatewayLimits,
        calls: Option<CallLog>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Inner { routes, limits, in_flight: InFlight::default(), calls, clock }))
    }

    /// Whether the request is for one of the resources or its metadata, on a listener that also serves an authorization server.
    pub fn are_for(&self, head: &Parts) -> bool {
        self.0.routes.iter().any(|route| is_for(route, head))
    }

    /// The resource whose gateway answers a request, if the request is for the resource or its metadata.
    pub fn resource_of(&self, head: &Parts) -> Option<&ProtectedResource> {
        let route = self.route(head).filter(|route| is_for(route, head))?;
        Some(route.gateway.guard().resource())
    }

    /// Answers a request. To drop the future or the response's body cancels the request at the upstream.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<GatewayBody<W::Body>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let Some(route) = self.route(&head) else {
            let mut response = own(Response::default());
            *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
            return finished(response, &head, body, MAX_REFUSED).await;
        };
        let response = match self.enter(&route.gateway, &head).await {
            Ok(entered) => self.forward(route, &entered, &head, body).await,
            Err(refused) => {
                // Only a request with a good token is counted.
                let is_counted = refused.status() == StatusCode::TOO_MANY_REQUESTS;
                let limit = if is_counted { MAX_UNREAD } else { MAX_REFUSED };
                finished(own(refused), &head, body, limit).await
            }
        };
        route.gateway.guard().open_to_browsers(&head, response)
    }

    /// The route of a request: of the resource with its path; of several, that with its host (RFC 9110 §7.2). A document
    /// beside the resources is that of the first on its host, or of the first of all, unless it is about another. `None` if the
    /// host is of none.
    fn route(&self, head: &Parts) -> Option<&Route<W>> {
        let routes = &self.0.routes;
        let at_path: Vec<_> = routes.iter().filter(|route| route.gateway.is_about(head)).collect();
        match at_path.as_slice() {
            [] => routes.iter().find(|route| route.gateway.has_host(head)).or(routes.first()),
            [only] => Some(only),
            several => several.iter().copied().find(|route| route.gateway.has_host(head)),
        }
    }

    async fn enter(&self, gateway: &Gateway, head: &Parts) -> Result<Entered, Response<Bytes>> {
        match gateway.beside(head) {
            Some(response) => Err(response),
            None => gateway.enter(head).await,
        }
    }

    /// Reads the message, and sends it on.
    async fn forward<B>(
        &self,
        route: &Route<W>,
        entered: &Entered,
        head: &Parts,
        body: B,
    ) -> Response<GatewayBody<W::Body>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut body = pin!(body);
        let user = &entered.access().subject;
        let why = match self.0.in_flight.read(user, body.as_mut(), MAX_MESSAGE).await {
            Read::Whole(message) => return self.send(route, entered, head, &message).await,
            Read::TooLarge => Unread::TooLarge,
            Read::Broken => Unread::Broken,
            Read::Busy => Unread::Busy,
            Read::Share => Unread::Share,
        };
        let response = own(route.gateway.unread(entered, why));
        if why == Unread::Broken {
            closing(response)
        } else {
            finished(response, head, body, MAX_UNREAD).await
        }
    }

    /// Sends a message to the upstream.
    async fn send(
        &self,
        route: &Route<W>,
        entered: &Entered,
        head: &Parts,
        message: &Bytes,
    ) -> Response<GatewayBody<W::Body>> {
        let limits = self.0.limits.of(&head.extensions);
        let mut is_repeated = false;
        loop {
            let forwarded = match route.gateway.forward(entered, head, message) {
                Ok(forwarded) => forwarded,
                Err(refused) => return own(refused),
            };
            match self.exchange(route, forwarded, &limits, is_repeated).await {
                Some(response) => return response,
                None => is_repeated = true,
            }
        }
    }

    /// Sends a request and judges its answer. `None` if the upstream is at another path, the first time.
    async fn exchange(
        &self,
        route: &Route<W>,
        forwarded: Forwarded,
        limits: &RequestLimits,
        is_repeated: bool,
    ) -> Option<Response<GatewayBody<W::Body>>> {
        let (request, sent) = forwarded.into_parts();
        let call = Call::begin(self.0.calls.as_ref(), &route.gateway, &sent);
        let response = self.answered(route, request, &sent, limits, is_repeated).await;
        match &response {
            Some(response) => call.answered(response.status()),
            None => call.sent_again(),
        }
        response
    }

    async fn answered(
        &self,
        route: &Route<W>,
        request: Request<Bytes>,
        sent: &Sent,
        limits: &RequestLimits,
        is_repeated: bool,
    ) -> Option<Response<GatewayBody<W::Body>>> {
        let (answer, body) = match route.upstream.send(sent.access(), request, limits.first_byte()).await {
            Ok(answer) => answer.into_parts(),
            Err(failure) => return Some(own(route.gateway.failed(sent, &failure))),
        };
        match route.gateway.answer(sent, &answer) {
            Answered::Pass(head, content) => {
                let is_encoded = head.headers().contains_key(header::CONTENT_ENCODING);
                match self.body(&route.gateway, sent, (content, body), limits, is_encoded).await {
                    Ok(body) => Some(head.map(|()| body)),
                    Err(refused) => Some(own(*refused)),
                }
            }
            Answered::Instead(response) => Some(own(response)),
            Answered::Again if is_repeated => {
                let why = UpstreamFailure::Unreachable("it redirects back and forth".to_owned());
                Some(own(route.gateway.failed(sent, &why)))
            }
            Answered::Again => {
                finish(body).await;
                None
            }
        }
    }

    async fn body(
        &self,
        gateway: &Gateway,
        sent: &Sent,
        (content, mut body): (Content, W::Body),
        limits: &RequestLimits,
        is_encoded: bool,
    ) -> Result<GatewayBody<W::Body>, Box<Response<Bytes>>> {
        let streamed = match content {
            Content::Document { until } => {
                // An answer that begins late may be sent too.
                let until = self.instant(until).max(Instant::now() + MAX_SILENCE);
                AnswerBody::message(body, until).at(sent.place())
            }
            Content::Events { until, may_name_endpoint } => {
                let opened = match may_name_endpoint {
                    true => Some(open(gateway, sent, &mut body).await?),
                    false => None,
                };
                // A comment in the middle of compressed bytes would break them.
                let keep_alive = limits.keep_alive().filter(|_| !is_encoded && limits.whole().is_none());
                let until = limits.end(sent.is_long(), self.instant(until));
                let events = AnswerBody::events(body, until, keep_alive).at(sent.place());
                match opened {
                    Some(opened) => events.after(opened),
                    None => events,
                }
            }
            Content::Nothing => {
                finish(body).await;
                return Ok(Either::Left(Full::default()));
            }
        };
        let Some(most) = limits.whole() else { return Ok(Either::Right(streamed)) };
        let read = whole(streamed, most, limits.left()).await;
        let read = read.map_err(|failure| Box::new(gateway.failed(sent, &failure)))?;
        Ok(Either::Left(Full::new(read)))
    }

    /// The instant of a time.
    fn instant(&self, time: Timestamp) -> Instant {
        Instant::now() + Duration::from_secs(time.0.saturating_sub(self.0.clock.now().0))
    }
}

fn is_for<W>(route: &Route<W>, head: &Parts) -> bool {
    route.gateway.is_about(head) || route.gateway.is_metadata_of_host(head)
}

fn own<U>(response: Response<Bytes>) -> Response<GatewayBody<U>> {
    response.map(|body| Either::Left(Full::new(body)))
}

/// Reads the rest of a request's body, of at most `limit` bytes: it would be taken for the next request (request
/// smuggling). After a longer one the connection is closed. A client that expects 100 (RFC 9110 §10.1.1) has not sent its
/// body yet, and reading would ask for it.
async fn finished<B, U>(
    response: Response<GatewayBody<U>>,
    head: &Parts,
    body: B,
    limit: usize,
) -> Response<GatewayBody<U>>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let is_waiting = head.headers.contains_key(header::EXPECT);
    if !is_waiting && discard(body, limit).await { response } else { closing(response) }
}

fn closing<U>(mut response: Response<GatewayBody<U>>) -> Response<GatewayBody<U>> {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
