//! A connection to an upstream: TCP, TLS or a unix socket.

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io::{ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Sleep, sleep};
use tokio_rustls::client::TlsStream;

/// How long an upstream may take no byte of a request. An MCP server reads a request whole before it works on it.
pub(crate) const STUCK: Duration = Duration::from_secs(15);

trait Stream: Read + Write + Send + Unpin {}

impl<S: Read + Write + Send + Unpin> Stream for S {}

/// An open connection to an upstream.
pub(crate) struct OpenConnection {
    stream: Box<dyn Stream>,
    /// Runs while the upstream takes no bytes.
    blocked: Option<Pin<Box<Sleep>>>,
    /// Whether both sides agreed on HTTP/2 (ALPN, RFC 7301).
    is_h2: bool,
}

impl OpenConnection {
    fn new(stream: impl Read + Write + Send + Unpin + 'static, is_h2: bool) -> Self {
        Self { stream: Box::new(stream), blocked: None, is_h2 }
    }

    /// Fails a write that has waited for [`STUCK`]. hyper writes what is left before it closes a connection, so an upstream
    /// that reads nothing would keep the request, and the connection, for as long as it lives.
    fn bounded<T>(&mut self, cx: &mut Context<'_>, written: Poll<Result<T>>) -> Poll<Result<T>> {
        if written.is_ready() {
            self.blocked = None;
            return written;
        }
        let blocked = self.blocked.get_or_insert_with(|| Box::pin(sleep(STUCK)));
        ready!(blocked.as_mut().poll(cx));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl From<TokioIo<TcpStream>> for OpenConnection {
    fn from(stream: TokioIo<TcpStream>) -> Self {
        Self::new(stream, false)
    }
}

impl From<UnixStream> for OpenConnection {
    fn from(stream: UnixStream) -> Self {
        Self::new(TokioIo::new(stream), false)
    }
}

impl From<TlsStream<TcpStream>> for OpenConnection {
    fn from(stream: TlsStream<TcpStream>) -> Self {
        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Self::new(TokioIo::new(stream), is_h2)
    }
}

impl Connection for OpenConnection {
    fn connected(&self) -> Connected {
        let connected = Connected::new();
        if self.is_h2 { connected.negotiated_h2() } else { connected }
    }
}

impl Read for OpenConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl Write for OpenConnection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.bounded(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.bounded(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.bounded(cx, shut)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.bounded(cx, written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn a_write_without_progress_fails() {
        let (stream, _other) = tokio::io::duplex(8);
        let mut connection = OpenConnection::new(TokioIo::new(stream), false);
        let begun = Instant::now();
        let mut write =
            async |bytes: &[u8]| poll_fn(|cx| Pin::new(&mut connection).poll_write(cx, bytes)).await;
        assert_eq!(write(b"0123456789").await.unwrap(), 8);
        let stuck = write(b"89").await.unwrap_err();
        assert_eq!((stuck.kind(), begun.elapsed().as_secs()), (ErrorKind::TimedOut, STUCK.as_secs()));
    }
}
