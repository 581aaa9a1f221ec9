//! Sends requests to one upstream.

use crate::StaticHeaders;
use crate::connector::Connector;
use crate::failure::{failure, innermost};
use crate::lanes::{Lanes, UpstreamBody};
use bytes::Bytes;
use doorward::gateway::UpstreamFailure;
use doorward::protocol::Target;
use http::header::HOST;
use http::{Request, Response, Uri, Version};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tower_service::Service;

/// How long a connection is kept without a request. Node.js and uvicorn close theirs after 5 s: a request that is sent
/// at this moment is lost, and a POST cannot be repeated (RFC 9110 §9.2.2).
const IDLE: Duration = Duration::from_secs(3);
const MAX_IDLE: usize = 32;
/// The most of an answer's head, and of a connection's buffer.
const MAX_BUFFER: usize = 64 * 1024;
/// HTTP/2: what an upstream may send ahead on one stream, and on the connection. A stream that its client does not read
/// must not take the whole window of the connection (RFC 9113 §5.2.2).
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;

/// HTTP/2: how often an upstream with open streams is asked whether it is still there, and how long it may take.
const PING: Duration = Duration::from_secs(30);
const PONG: Duration = Duration::from_secs(10);
/// How many requests can be in flight by default, and how many on one HTTP/2 connection.
const MAX_IN_FLIGHT: usize = 1024;
const MAX_STREAMS: usize = 64;

/// How an upstream is reached.
#[derive(Debug)]
pub struct Settings {
    /// Headers of the operator, set on each request.
    pub headers: StaticHeaders,
    /// A PEM file with the certificate authorities that are trusted instead of the system's.
    pub ca: Option<PathBuf>,
    /// Whether the upstream may be on this machine. In a Lambda function it may not: the runtime API is there.
    pub loopback: bool,
    /// How many requests can be in flight. An open event stream is one.
    pub in_flight: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { headers: StaticHeaders::default(), ca: None, loopback: true, in_flight: MAX_IN_FLIGHT }
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Neither a host name nor an IP address.
    #[error("`{0}` is neither a host name nor an IP address")]
    Host(String),
    /// The file of certificate authorities.
    #[error("the certificates of {} cannot be used: {reason}", file.display())]
    Ca {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system's certificate authorities.
    #[error(
        "the system's root certificates cannot be used: {0}; install the package ca-certificates, or name a PEM file with \
         upstream-ca"
    )]
    Roots(String),
}

/// One upstream, with its pool of connections.
pub struct Upstream {
    lanes: Arc<Lanes<Client<Connector, Full<Bytes>>>>,
    connector: Connector,
    headers: StaticHeaders,
}

impl Upstream {
    /// An upstream at this target. Nothing is connected yet.
    ///
    /// # Errors
    /// [`SettingsError`] for a host that is none, and for certificates that cannot be read.
    pub fn new(target: Target, settings: Settings) -> Result<Self, SettingsError> {
        let (count, places) = match target {
            // Only here both sides can agree on HTTP/2.
            Target::Tcp { tls: true, .. } => (settings.in_flight.div_ceil(MAX_STREAMS), MAX_STREAMS),
            Target::Tcp { .. } | Target::Unix(_) => (1, settings.in_flight),
        };
        let connector = Connector::new(target, &settings)?;
        let lanes = Arc::new(Lanes::new(count, places, || client(connector.clone())));
        Ok(Self { lanes, connector, headers: settings.headers })
    }

    /// The same upstream, over the same connections, with these headers of the operator.
    #[must_use]
    pub fn with_headers(&self, headers: StaticHeaders) -> Self {
        Self { lanes: self.lanes.clone(), connector: self.connector.clone(), headers }
    }

    /// Connects, and closes the connection: whether anything listens there.
    ///
    /// # Errors
    /// The reason why no connection was made.
    pub async fn probe(&self, limit: Duration) -> Result<(), String> {
        let connecting = self.connector.clone().call(Uri::default());
        match tokio::time::timeout(limit, connecting).await {
            Ok(connected) => connected.map(drop).map_err(|error| innermost(&error)),
            Err(_) => Err(format!("no connection within {} s", limit.as_secs_f32())),
        }
    }

    /// Sends a request with an absolute URI, whose authority becomes `Host`. The answer's head has to come within the
    /// limit. To drop the future, or the answer's body, cancels the request: HTTP/1.1 closes the connection, HTTP/2 the
    /// stream.
    ///
    /// # Errors
    /// [`UpstreamFailure`] when no head of an answer comes. It is [`UpstreamFailure::Busy`] while [`Settings::in_flight`]
    /// requests are in flight.
    pub async fn send(
        &self,
        mut request: Request<Bytes>,
        limit: Duration,
    ) -> Result<Response<UpstreamBody>, UpstreamFailure> {
        let (client, place) =
            self.lanes.enter().ok_or(UpstreamFailure::Busy("too many requests are in flight"))?;
        // The version of the client's own connection says nothing of this one.
        *request.version_mut() = Version::HTTP_11;
        request.headers_mut().remove(HOST);
        self.headers.set(request.headers_mut());
        let answered = tokio::time::timeout(limit, client.request(request.map(Full::new))).await;
        let late = |_| UpstreamFailure::Late(format!("no answer within {} s", limit.as_secs_f32()));
        let answer = answered.map_err(late)?.map_err(|error| failure(&error))?;
        Ok(answer.map(|incoming| UpstreamBody::new(incoming, place)))
    }
}

fn client(connector: Connector) -> Client<Connector, Full<Bytes>> {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MAX_IDLE)
        .http1_max_buf_size(MAX_BUFFER)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keep_alive_interval(PING)
        .http2_keep_alive_timeout(PONG)
        .build(connector)
}
