//! The listener of the local servers: HTTP/1.1 with a limit on every wait, and on the number of connections.
//!
//! A client cannot hold a connection by sending nothing, half a head or half a body, or by not reading an answer. HTTP/2
//! and TLS are left to the proxy in front.

mod connection;
mod exchange;
mod progress;
mod watching;

use super::shutdown::Stage;
use bytes::Bytes;
use connection::Connection;
use http::{Request, Response};
use http_body::Body;
use hyper::service::Service;
use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::sleep;

pub use exchange::Received;
pub use watching::{Series, Watch};

/// The pause after a failed accept, for example when the process has no free file descriptor (EMFILE).
const PAUSE: Duration = Duration::from_millis(50);

/// The limits of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most connections at once. Further ones wait in the kernel's queue.
    pub connections: usize,
    /// How long a request's head may take: from its first byte, and for the first request from the connection's start.
    pub head: Duration,
    /// How long a request's body may take, from the end of the head. Afterwards the answer is 408.
    pub body: Duration,
    /// How long an answer may take, from the end of the request. Afterwards the answer is 503. `None`: the service has
    /// limits of its own.
    pub answer: Option<Duration>,
    /// How long a connection may wait for its next request, for the client to read, or for the next part of an answer that is no
    /// event stream.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            answer: Some(Duration::from_secs(30)),
            idle: Duration::from_secs(150),
        }
    }
}

impl Limits {
    /// The most open event streams at once: three quarters of the connections. A stream stays open for hours, so the rest is
    /// left for other requests, such as a sign-in.
    pub fn streams(&self) -> usize {
        (self.connections * 3 / 4).max(1)
    }
}

/// The address of the client's end of the connection, in the extensions of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// A source of connections.
pub trait Accept: Send {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for the next connection.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, Peer)>> + Send;
}

impl Accept for TcpListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, Peer)> {
        let (stream, peer) = TcpListener::accept(self).await?;
        // An answer is written at once. Waiting for more to send would only delay it.
        let _ = stream.set_nodelay(true);
        Ok((stream, Peer(peer)))
    }
}

/// What the connections of a listener have in common.
struct Common {
    limits: Limits,
    connections: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    /// Is told when a connection waits for a place: idle ones then close.
    is_full: Notify,
    report: Box<dyn Fn(&str) + Send + Sync>,
    watch: Option<Arc<dyn Watch>>,
}

/// A listener, which serves a service at the connections that it accepts.
pub struct Listener<A> {
    accept: A,
    common: Common,
}

impl<A: Accept> Listener<A> {
    /// A listener with these limits. It calls `report` with a sentence when it cannot accept connections, and when an answer
    /// was not given in time.
    pub fn new(accept: A, limits: Limits, report: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let common = Common {
            limits,
            connections: Arc::new(Semaphore::new(limits.connections)),
            streams: Arc::new(Semaphore::new(limits.streams())),
            is_full: Notify::new(),
            report: Box::new(report),
            watch: None,
        };
        Self { accept, common }
    }

    /// Has each connection and each request told to `watch`.
    #[must_use]
    pub fn watched_by(mut self, watch: Option<Arc<dyn Watch>>) -> Self {
        self.common.watch = watch;
        self
    }

    /// Serves until `stage` is [`Stage::Draining`], then until the requests that run are answered, or until it is
    /// [`Stage::Ended`]. Dropping the future, or the sender of `stage`, ends all connections.
    ///
    /// The service is a hyper service. `hyper_util::service::TowerToHyperService` makes one of a tower service.
    pub async fn serve<S, B>(self, service: S, mut stage: watch::Receiver<Stage>)
    where
        S: Service<Request<Received>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send + 'static,
        B: Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        // The connections end with this future: they hold its receiver.
        let (alive, ended) = watch::channel(());
        let Self { mut accept, common } = self;
        let common = Arc::new(common);
        let accepting = async {
            let mut failed = false;
            loop {
                // The place is taken first: a connection beyond the limit stays in the kernel's queue.
                let place = common.place().await;
                match accept.accept().await {
                    Ok((io, peer)) => {
                        failed = false;
                        let connection = Connection { common: common.clone(), place, peer };
                        tokio::spawn(connection.serve(io, service.clone(), stage.clone(), ended.clone()));
                    }
                    Err(error) if is_of_one_connection(&error) => {}
                    Err(error) => {
                        if !std::mem::replace(&mut failed, true) {
                            (common.report)(&format!("connections cannot be accepted: {error}"));
                        }
                        sleep(PAUSE).await;
                    }
                }
            }
        };
        let mut draining = stage.clone();
        tokio::select! {
            () = accepting => {}
            _ = draining.wait_for(|stage| *stage != Stage::Serving) => {}
        }
        // No connection is accepted any more.
        drop(accept);
        let all = u32::try_from(common.limits.connections).unwrap_or(u32::MAX);
        tokio::select! {
            _ = common.connections.acquire_many(all) => {}
            _ = stage.wait_for(|stage| *stage == Stage::Ended) => {}
        }
        drop(alive);
    }
}

impl Common {
    /// Waits for a place among the connections.
    async fn place(&self) -> OwnedSemaphorePermit {
        if self.connections.available_permits() == 0 {
            self.is_full.notify_waiters();
        }
        self.connections.clone().acquire_owned().await.expect("the semaphore is never closed")
    }
}

/// Whether an error concerns one connection, which the client gave up before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
