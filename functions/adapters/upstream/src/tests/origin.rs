//! An HTTP server on loopback, which counts its connections.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;

pub(crate) fn whole(text: impl Into<Bytes>) -> Response<Body> {
    Response::new(Full::new(text.into()).boxed_unsync())
}

/// What a server on loopback saw.
pub(crate) struct Origin {
    pub(crate) port: u16,
    accepted: Arc<AtomicUsize>,
    open: watch::Sender<usize>,
}

impl Origin {
    /// A server that answers each request like this.
    pub(crate) async fn start<A>(answer: A) -> Self
    where
        A: Fn(Request<Incoming>) -> Response<Body> + Clone + Send + 'static,
    {
        Self::accepting(None, answer).await
    }

    pub(crate) async fn accepting<A>(tls: Option<TlsAcceptor>, answer: A) -> Self
    where
        A: Fn(Request<Incoming>) -> Response<Body> + Clone + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let origin = Self { port, accepted: Arc::default(), open: watch::Sender::new(0) };
        let (accepted, open) = (origin.accepted.clone(), origin.open.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                let (open, tls, answer) = (open.clone(), tls.clone(), answer.clone());
                open.send_modify(|open| *open += 1);
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, false, answer).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                                serve(stream, is_h2, answer).await;
                            }
                        }
                    }
                    open.send_modify(|open| *open -= 1);
                });
            }
        });
        origin
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Waits until no connection is open, for one second.
    pub(crate) async fn all_closed(&self) {
        let mut open = self.open.subscribe();
        let closed = tokio::time::timeout(Duration::from_secs(1), open.wait_for(|open| *open == 0)).await;
        closed.expect("the connection is closed within a second").unwrap();
    }
}

/// Serves one connection until it ends.
pub(crate) async fn serve<S, A>(stream: S, is_h2: bool, answer: A)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    A: Fn(Request<Incoming>) -> Response<Body> + Clone + Send + 'static,
{
    let service = service_fn(move |request| {
        let answer = answer.clone();
        async move { Ok::<_, Infallible>(answer(request)) }
    });
    let stream = TokioIo::new(stream);
    // An error is the end of a connection that a test has cut.
    if is_h2 {
        let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await;
    } else {
        let _ = http1::Builder::new().serve_connection(stream, service).await;
    }
}
