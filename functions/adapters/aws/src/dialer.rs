//! Opens connections: TCP, with TLS over it for https.

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::error::Error;
use std::future::Future;
use std::io::{IoSlice, Result as IoResult};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;

/// The longest time of a connection's start: DNS, TCP and TLS together. One that takes longer is unlikely to succeed.
const CONNECT: Duration = Duration::from_secs(1);

pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// Opens connections.
#[derive(Clone)]
pub(crate) struct Dialer {
    tcp: HttpConnector,
    tls: TlsConnector,
}

impl Dialer {
    pub(crate) fn new(tls: Arc<ClientConfig>) -> Self {
        let mut tcp = HttpConnector::new();
        // TLS comes after it.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Self { tcp, tls: tls.into() }
    }
}

impl Service<Uri> for Dialer {
    type Response = Stream;
    type Error = Cause;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Cause>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { mut tcp, tls } = self.clone();
        Box::pin(async move {
            let connecting = async {
                let secured = (uri.scheme_str() == Some("https")).then(|| uri.host().unwrap_or_default());
                let name = secured.map(|host| ServerName::try_from(host.to_owned())).transpose()?;
                let stream = tcp.call(uri).await?;
                Ok(match name {
                    Some(name) => Stream::new(TokioIo::new(tls.connect(name, stream.into_inner()).await?)),
                    None => Stream::new(stream),
                })
            };
            timeout(CONNECT, connecting).await?
        })
    }
}

trait Duplex: Read + Write + Send + Unpin {}

impl<S: Read + Write + Send + Unpin> Duplex for S {}

/// An open connection. It is boxed, so that hyper's code for a connection exists once.
pub(crate) struct Stream(Box<dyn Duplex>);

impl Stream {
    fn new(stream: impl Duplex + 'static) -> Self {
        Self(Box::new(stream))
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<IoResult<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<IoResult<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<IoResult<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, pieces)
    }
}
