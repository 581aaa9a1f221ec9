//! One request and its answer: the time that its body and the answer may take, and the place of a stream.

use super::progress::Progress;
use super::watching::{self, Watching};
use super::{Common, Limits, Peer};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::service::Service;
use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep_until};

type BoxError = Box<dyn Error + Send + Sync>;

/// A service whose requests and answers have a time limit.
#[derive(Clone)]
pub(super) struct Timed<S> {
    pub(super) service: S,
    pub(super) common: Arc<Common>,
    pub(super) progress: Progress,
    pub(super) peer: Peer,
}

/// The clock of one request. Its body moves it forward.
struct Clock {
    limits: Limits,
    state: Mutex<State>,
}

struct State {
    /// The end of the request, or the latest time that it may have.
    ends_at: Instant,
    is_late: bool,
}

impl Clock {
    fn new(limits: Limits, now: Instant) -> Self {
        Self { limits, state: Mutex::new(State { ends_at: now + limits.body, is_late: false }) }
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// When the answer has to be there.
    fn answer_at(&self) -> Option<Instant> {
        Some(self.with(|state| state.ends_at) + self.limits.answer?)
    }
}

impl<S, B> Service<Request<Incoming>> for Timed<S>
where
    S: Service<Request<Received>, Response = Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Sent<B>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let now = Instant::now();
        self.progress.answering(now);
        let (request, watching) = watching::begin(self.common.watch.as_ref(), request);
        let Ok(reserved) = reserve(&request, &self.common) else {
            let progress = self.progress.clone();
            Watching::answered(watching, StatusCode::SERVICE_UNAVAILABLE);
            let refused = unavailable(TOO_MANY).map(|body| Sent { body, place: None, progress });
            return Box::pin(ready(Ok(refused)));
        };
        let clock = Arc::new(Clock::new(self.common.limits, now));
        let path = request.uri().path().to_owned();
        let mut request = request.map(|incoming| Received::new(incoming, clock.clone(), now));
        request.extensions_mut().insert(self.peer);
        // The future of a service is large. Inside the futures around it, it would be copied into each of them.
        let answer = Box::pin(self.service.call(request));
        let (common, progress) = (self.common.clone(), self.progress.clone());
        Box::pin(async move {
            let response = in_time(answer, &clock, &common, &path).await;
            let (response, place) = with_place(response, reserved, &common);
            Watching::answered(watching, response.status());
            if place.is_none() {
                progress.sending();
            }
            let mut response = response.map(|body| Sent { body, place, progress });
            if common.connections.available_permits() == 0 {
                // Other clients wait for this place.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        })
    }
}

/// The answer, or the refusal that takes its place when the body or the answer is late.
async fn in_time<B>(
    answer: impl Future<Output = Result<Response<B>, Infallible>>,
    clock: &Clock,
    common: &Common,
    path: &str,
) -> Response<Either<B, Full<Bytes>>> {
    let mut answer = pin!(answer);
    // Most answers are there at once.
    let mut timer: Option<Pin<Box<Sleep>>> = None;
    let answered = poll_fn(|context| {
        if let Poll::Ready(Ok(response)) = answer.as_mut().poll(context) {
            return Poll::Ready(Some(response));
        }
        // The end of the body moves the deadline.
        let Some(deadline) = clock.answer_at() else { return Poll::Pending };
        let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(context).map(|()| None)
    });
    let Some(response) = answered.await else {
        let seconds = common.limits.answer.unwrap_or_default().as_secs();
        (common.report)(&format!("{path} was not answered within {seconds} seconds"));
        return unavailable("the server did not answer in time; try again");
    };
    if clock.with(|state| state.is_late) {
        return closing(StatusCode::REQUEST_TIMEOUT, "the body of the request did not arrive in time");
    }
    response.map(Either::Left)
}

/// All places of streams are taken.
struct NoPlace;

/// The media type of event streams (HTML Standard, "Server-sent events").
const EVENT_STREAM: &[u8] = b"text/event-stream";
const TOO_MANY: &str = "too many event streams are open; try again later";

/// Takes a place among the streams for a request whose answer may be one. A refusal after the service has answered would lose
/// what it did, for example the call of a tool.
fn reserve<B>(request: &Request<B>, common: &Common) -> Result<Option<OwnedSemaphorePermit>, NoPlace> {
    let accepted = request.headers().get_all(header::ACCEPT).iter();
    let is_named = |part: &[u8]| part.eq_ignore_ascii_case(EVENT_STREAM);
    let may_stream = |accept: &HeaderValue| {
        accept.to_str().is_ok_and(|accept| accept.as_bytes().windows(EVENT_STREAM.len()).any(is_named))
    };
    if accepted.into_iter().any(may_stream) { take_place(common).map(Some) } else { Ok(None) }
}

fn take_place(common: &Common) -> Result<OwnedSemaphorePermit, NoPlace> {
    common.streams.clone().try_acquire_owned().map_err(|_| {
        (common.report)("an event stream was refused: too many are open");
        NoPlace
    })
}

/// An event stream keeps the place that its request reserved, or takes one, or is refused.
fn with_place<B>(
    response: Response<Either<B, Full<Bytes>>>,
    reserved: Option<OwnedSemaphorePermit>,
    common: &Common,
) -> (Response<Either<B, Full<Bytes>>>, Option<OwnedSemaphorePermit>) {
    let media_type = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let begin = media_type.and_then(|media_type| media_type.get(..EVENT_STREAM.len()));
    if !begin.is_some_and(|begin| begin.eq_ignore_ascii_case(EVENT_STREAM)) {
        return (response, None);
    }
    match reserved.map_or_else(|| take_place(common), Ok) {
        Ok(place) => (response, Some(place)),
        Err(NoPlace) => (unavailable(TOO_MANY), None),
    }
}

fn unavailable<B>(why: &'static str) -> Response<Either<B, Full<Bytes>>> {
    let mut response = closing(StatusCode::SERVICE_UNAVAILABLE, why);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

/// A refusal after which the connection ends, as the rest of the request has not been read.
fn closing<B>(status: StatusCode, why: &'static str) -> Response<Either<B, Full<Bytes>>> {
    let mut response = Response::new(Either::Right(Full::new(Bytes::from_static(why.as_bytes()))));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The body of a request. Reading it fails if it does not arrive in time; the answer is then 408, whatever the service
/// answers.
pub struct Received {
    incoming: Incoming,
    clock: Arc<Clock>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Received {
    fn new(incoming: Incoming, clock: Arc<Clock>, now: Instant) -> Self {
        if incoming.is_end_stream() {
            clock.with(|state| state.ends_at = now);
        }
        Self { incoming, clock, timer: None }
    }
}

impl Body for Received {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self { incoming, clock, timer } = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut *incoming).poll_frame(context) {
            if frame.is_none() || incoming.is_end_stream() {
                clock.with(|state| state.ends_at = Instant::now());
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let ends_at = clock.with(|state| state.ends_at);
        let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(ends_at)));
        ready!(timer.as_mut().poll(context));
        clock.with(|state| state.is_late = true);
        Poll::Ready(Some(Err("the body did not arrive in time".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// The body of an answer. When it has been sent, the connection waits for the next request.
pub(super) struct Sent<B> {
    body: Either<B, Full<Bytes>>,
    /// An event stream's place among the streams.
    place: Option<OwnedSemaphorePermit>,
    progress: Progress,
}

impl<B> Body for Sent<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if self.place.is_none() {
            self.progress.sending();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for Sent<B> {
    fn drop(&mut self) {
        self.progress.answered();
    }
}
