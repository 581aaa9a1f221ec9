//! A connection to an upstream: TCP, TLS or a unix socket.

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::client::TlsStream;

trait Stream: Read + Write + Send + Unpin {}

impl<S: Read + Write + Send + Unpin> Stream for S {}

/// An open connection to an upstream.
pub(crate) struct OpenConnection {
    stream: Box<dyn Stream>,
    /// Whether both sides agreed on HTTP/2 (ALPN, RFC 7301).
    is_h2: bool,
}

impl From<TokioIo<TcpStream>> for OpenConnection {
    fn from(stream: TokioIo<TcpStream>) -> Self {
        Self { stream: Box::new(stream), is_h2: false }
    }
}

impl From<UnixStream> for OpenConnection {
    fn from(stream: UnixStream) -> Self {
        Self { stream: Box::new(TokioIo::new(stream)), is_h2: false }
    }
}

impl From<TlsStream<TcpStream>> for OpenConnection {
    fn from(stream: TlsStream<TcpStream>) -> Self {
        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Self { stream: Box::new(TokioIo::new(stream)), is_h2 }
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
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }
}
