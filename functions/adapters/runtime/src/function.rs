//! A function on Lambda: converts events to requests of the core, and reads its keys again when their TTL has passed.

use crate::environment::{Environment, Invalid};
use crate::origin_secret::OriginSecret;
use bytes::Bytes;
use doorward::ports::{Clock, Deadline, Timestamp};
use doorward::rules;
use doorward::wire::{self, Event};
use doorward_parameters::{FunctionKeys, Names, Needs, ParameterStore, REREAD};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{Either, Full};
use lambda_http::{Body, Context, RequestExt};
use serde_json::json;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// A copy of the `WWW-Authenticate` header, which Lambda's function URLs and API Gateway rename.
const CHALLENGE: HeaderName = HeaderName::from_static("doorward-challenge");

/// Pause before the next attempt, if the keys could not be read again.
const PAUSE: Duration = Duration::from_secs(30);
/// How long a request waits while keys are read again. After that it is answered with the keys that are held.
const REREAD_WAIT: Duration = Duration::from_millis(900);
/// How long keys are used while they cannot be read again: 1 hour. After that a key that an operator has removed is
/// refused, whether or not Parameter Store answers.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// How long a request may take: 25 seconds. API Gateway gives up after 30 ("Quotas for HTTP APIs").
const ANSWER: Duration = Duration::from_secs(25);
/// The time before the function's own end at which a request is answered, so that Lambda does not end it without an
/// answer.
const MARGIN: Duration = Duration::from_secs(1);

/// A response in progress.
pub type ResponseFuture<B = Bytes> = Pin<Box<dyn Future<Output = Response<B>> + Send>>;

/// Answers requests. It is built again whenever keys have been read. `B` is the body of its responses.
pub type Handler<B = Bytes> = Arc<dyn Fn(Request<Bytes>) -> ResponseFuture<B> + Send + Sync>;

/// Makes a handler of an async function.
pub fn handler<A, B>(answer: impl Fn(Request<Bytes>) -> A + Send + Sync + 'static) -> Handler<B>
where
    A: Future<Output = Response<B>> + Send + 'static,
{
    Arc::new(move |request| Box::pin(answer(request)))
}

/// One function: its handler, and its keys.
pub struct Function<B = Bytes> {
    origin_secret: OriginSecret,
    parameters: ParameterStore,
    names: Names,
    needs: Needs,
    clock: Arc<dyn Clock>,
    make: Box<dyn Fn(FunctionKeys) -> Result<Handler<B>, Invalid> + Send + Sync>,
    current: Mutex<Option<Current<B>>>,
    longest: Duration,
}

struct Current<B> {
    handler: Handler<B>,
    reread_at: Timestamp,
    /// When the keys were read.
    read_at: Timestamp,
}

impl<B> Function<B> {
    /// A function that has read no keys yet.
    ///
    /// # Errors
    /// [`Invalid`] when the digest of the origin secret is not valid.
    pub fn new(
        environment: &Environment,
        parameters: ParameterStore,
        needs: Needs,
        clock: Arc<dyn Clock>,
        make: impl Fn(FunctionKeys) -> Result<Handler<B>, Invalid> + Send + Sync + 'static,
    ) -> Result<Self, Invalid> {
        let (origin_secret, names) = (environment.origin_secret()?, environment.names.clone());
        let (make, current) = (Box::new(make), Mutex::new(None));
        Ok(Self { origin_secret, parameters, names, needs, clock, make, current, longest: ANSWER })
    }

    /// The same function, whose requests may take this long. It never outlasts the end of the function.
    #[must_use]
    pub fn answering_within(self, longest: Duration) -> Self {
        Self { longest, ..self }
    }

    /// Builds the handler from keys that were read just now, and keeps it for [`REREAD`].
    pub async fn hold(&self, function_keys: FunctionKeys) {
        let now = self.clock.now();
        *self.current.lock().await = self.read(function_keys, now).ok();
    }

    /// Answers an event. The body of the handler's response streams.
    pub async fn stream(&self, event: lambda_http::Request) -> Response<Either<Full<Bytes>, B>> {
        match self.answer(event).await {
            Ok(response) => response.map(Either::Right),
            Err(refused) => refused.map(|body| Either::Left(Full::new(body))),
        }
    }

    async fn answer(&self, event: lambda_http::Request) -> Result<Response<B>, Box<Response<Bytes>>> {
        let time = time(&event, self.longest);
        let mut request = event.map(bytes);
        request.extensions_mut().insert::<Deadline>(doorward_signing::deadline_in(time));
        let answered = timeout(time, self.admit(request)).await;
        answered.unwrap_or_else(|_| Err(Box::new(unavailable("the deadline of the request passed"))))
    }

    async fn admit(&self, request: Request<Bytes>) -> Result<Response<B>, Box<Response<Bytes>>> {
        if !self.origin_secret.admits(request.headers()) {
            let why = "the origin secret is missing or wrong; use the public address of the server";
            let body = json!({ "error": "access_denied", "error_description": why });
            return Err(Box::new(wire::json(StatusCode::FORBIDDEN, &body)));
        }
        let mut response = self.current().await?(request).await;
        if let Some(challenge) = response.headers().get(header::WWW_AUTHENTICATE).cloned() {
            response.headers_mut().insert(CHALLENGE, challenge);
        }
        Ok(response)
    }

    fn read(&self, function_keys: FunctionKeys, now: Timestamp) -> Result<Current<B>, Invalid> {
        let handler = (self.make)(function_keys)?;
        Ok(Current { handler, reread_at: now.after(REREAD), read_at: now })
    }

    /// The current handler. After [`REREAD`], it reads the keys again. If that fails, it continues with the old keys for
    /// [`MAX_AGE`] at most, and tries again after [`PAUSE`].
    async fn current(&self) -> Result<Handler<B>, Box<Response<Bytes>>> {
        let mut current = self.current.lock().await;
        let now = self.clock.now();
        if let Some(Current { handler, reread_at, .. }) = &*current
            && now < *reread_at
        {
            return Ok(handler.clone());
        }
        let reading = FunctionKeys::read(&self.parameters, &self.names, self.needs, now);
        let held = current.as_mut().filter(|held| now < held.read_at.after(MAX_AGE));
        let Some(held) = held else {
            let function_keys = reading.await.map_err(|why| Box::new(unavailable(&why.to_string())))?;
            let read =
                self.read(function_keys, now).map_err(|why| Box::new(unavailable(&why.to_string())))?;
            return Ok(current.insert(read).handler.clone());
        };
        match timeout(REREAD_WAIT, reading).await {
            Ok(Ok(function_keys)) => match self.read(function_keys, now) {
                Ok(read) => *held = read,
                Err(_) => held.reread_at = now.after(PAUSE),
            },
            Ok(Err(_)) | Err(_) => held.reread_at = now.after(PAUSE),
        }
        Ok(held.handler.clone())
    }
}

impl Function {
    /// Answers an event.
    pub async fn handle(&self, event: lambda_http::Request) -> Response<Body> {
        self.answer(event).await.unwrap_or_else(|refused| *refused).map(text)
    }
}

/// How long this request may take: `longest`, or until one second before the function's end. `cargo lambda watch` says that
/// the function ends in 1970: such a time counts as none.
fn time(event: &lambda_http::Request, longest: Duration) -> Duration {
    let end = event.lambda_context_ref().map(Context::deadline);
    let left = end.and_then(|end| end.duration_since(SystemTime::now()).ok());
    left.map_or(longest, |left| longest.min(left.saturating_sub(MARGIN)))
}

/// The response while the function cannot work. The reason is for the log.
pub fn unavailable(reason: &str) -> Response<Bytes> {
    let sorry = "the server cannot answer at the moment; try again in a few seconds";
    let body = json!({ "error": "temporarily_unavailable", "error_description": sorry });
    let mut response = wire::json(StatusCode::SERVICE_UNAVAILABLE, &body);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    Event::refused(&rules::KEYS_AWAY, reason).beside(response)
}

/// The body of an event: `lambda_http` has decoded base64 (forms) to bytes; JSON is text.
fn bytes(body: Body) -> Bytes {
    match body {
        Body::Text(text) => Bytes::from(text),
        Body::Binary(bytes) => Bytes::from(bytes),
        _ => Bytes::new(),
    }
}

/// The body of a response. Every response of the core is text.
fn text(body: Bytes) -> Body {
    match String::from_utf8(body.into()) {
        Ok(text) => Body::Text(text),
        Err(error) => Body::Binary(error.into_bytes()),
    }
}
