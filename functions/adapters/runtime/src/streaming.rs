//! One invocation whose response streams (AWS Lambda, "Response streaming").

use crate::function::Function;
use crate::invocation::{convertible, refused};
use bytes::Bytes;
use doorward::rules;
use doorward::wire::{Event, EventKind, Events};
use http::{HeaderMap, HeaderValue, Response, header};
use http_body::{Body, Frame};
use http_body_util::{BodyDataStream, Either, Full};
use lambda_http::lambda_runtime::{LambdaEvent, MetadataPrelude, StreamResponse};
use lambda_http::{Error, Request, RequestExt};
use serde_json::value::RawValue;
use std::convert::Infallible;
use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The body of a streamed response, as the Lambda runtime sends it.
pub type Streamed<B> = BodyDataStream<Ending<Either<Full<Bytes>, B>>>;

/// Answers an event, in the payload format 2.0 of function URLs, with a response that streams. `log` gets each event of the
/// response, and one more if its body breaks off.
///
/// # Errors
/// None: a request that cannot be answered has a response that says so.
pub async fn stream<B>(
    function: &Function<B>,
    event: LambdaEvent<Box<RawValue>>,
    log: fn(&Event),
) -> Result<StreamResponse<Streamed<B>>, Error>
where
    B: Body<Data = Bytes, Error: Into<Error>> + Send + Unpin + 'static,
{
    let LambdaEvent { payload, context } = event;
    let response = match convertible(&payload) {
        Some(request) => function.stream(Request::from(request).with_lambda_context(context)).await,
        None => refused().map(|body| Either::Left(Full::new(body))),
    };
    let events = response.extensions().get::<Events>();
    events.iter().flat_map(|events| &events.0).for_each(log);
    Ok(prelude(response, log))
}

/// The head of a response as JSON can say it: one value for each name, and the cookies apart.
fn prelude<B: Body>(response: Response<B>, log: fn(&Event)) -> StreamResponse<BodyDataStream<Ending<B>>> {
    let (head, body) = response.into_parts();
    let correlation = head.headers.get("doorward-correlation").and_then(|id| id.to_str().ok());
    let stream =
        BodyDataStream::new(Ending { body: Some(body), log, correlation: correlation.map(str::to_owned) });
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let cookies = head.headers.get_all(header::SET_COOKIE).iter().map(text).collect();
    let mut headers = HeaderMap::new();
    // Lambda sends the body in chunks, whose total it does not know.
    let passed = |name: &&header::HeaderName| ![header::SET_COOKIE, header::CONTENT_LENGTH].contains(name);
    for name in head.headers.keys().filter(passed) {
        let values: Vec<_> = head.headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        let joined = HeaderValue::from_bytes(&values.join(&b", "[..])).expect("headers joined are a header");
        headers.insert(name.clone(), joined);
    }
    StreamResponse {
        metadata_prelude: MetadataPrelude { status_code: head.status, headers, cookies },
        stream,
    }
}

/// A body that ends where it fails. The runtime would write an error into the body as text. JSON that breaks off is no JSON,
/// and an event that breaks off is none (HTML Standard, "Interpreting an event stream"), so a client takes neither for whole.
pub struct Ending<B> {
    body: Option<B>,
    log: fn(&Event),
    correlation: Option<String>,
}

impl<B> Body for Ending<B>
where
    B: Body<Data = Bytes, Error: Display> + Unpin,
{
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = match ready!(Pin::new(body).poll_frame(cx)) {
            Some(Ok(frame)) => return Poll::Ready(Some(Ok(frame))),
            Some(Err(error)) => Some(error.to_string()),
            None => None,
        };
        self.body = None;
        if let Some(reason) = frame {
            let correlation = self.correlation.take();
            (self.log)(&Event {
                rule: Some(&rules::UPSTREAM_BROKEN),
                reason: Some(reason),
                correlation,
                ..Event::new(EventKind::UpstreamFailed)
            });
        }
        Poll::Ready(None)
    }
}
