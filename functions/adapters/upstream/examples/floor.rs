//! Two servers to measure the gateway against: an MCP server that answers at once, and a plain proxy without rules.
//! `tests/gateway-cost` runs them.
//!
//! ```sh
//! cargo run --release -p doorward-upstream --example floor -- server 127.0.0.1:3000
//! cargo run --release -p doorward-upstream --example floor -- proxy 127.0.0.1:3001 127.0.0.1:3000
//! ```

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, Uri, header};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::env::args;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpListener;

type Failure = Box<dyn Error + Send + Sync>;

const ANSWER: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"done"}]}}"#;

/// An event stream without events.
struct Silent;

impl Body for Silent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let given: Vec<_> = args().skip(1).collect();
    match given.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["server", address] => serve(address).await,
        ["proxy", address, upstream] => proxy(address, upstream).await,
        _ => Err("give server ADDRESS, or proxy ADDRESS UPSTREAM".into()),
    }
}

/// Answers POST with a result, and GET with an event stream without events.
async fn serve(address: &str) -> Result<(), Failure> {
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answer = service_fn(async |request: Request<Incoming>| {
            let is_stream = request.method() == Method::GET;
            request.into_body().collect().await?;
            let (media_type, body) = match is_stream {
                true => ("text/event-stream", Either::Right(Silent)),
                false => ("application/json", Either::Left(Full::from(ANSWER))),
            };
            let mut response = Response::new(body);
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
            Ok::<_, hyper::Error>(response)
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}

/// Sends every request on as it is.
async fn proxy(address: &str, upstream: &str) -> Result<(), Failure> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(3))
        .build::<_, Incoming>(connector);
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (client, upstream) = (client.clone(), upstream.to_owned());
        let answer = service_fn(move |mut request: Request<Incoming>| {
            let (client, upstream) = (client.clone(), upstream.clone());
            async move {
                let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
                *request.uri_mut() = format!("http://{upstream}{path}").parse::<Uri>()?;
                Ok::<_, Failure>(client.request(request).await?)
            }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}
