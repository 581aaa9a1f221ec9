//! Answers that stream through a connection.

use super::origin::{Body, Origin};
use super::{plain, send};
use crate::{AnswerBody, BodyError};
use bytes::Bytes;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, channel::Channel};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// A body of 100 MB, which counts what was taken of it.
struct Large {
    piece: Bytes,
    taken: Arc<AtomicUsize>,
}

const LARGE: usize = 100 * 1000 * 1000;

impl http_body::Body for Large {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let taken = self.taken.fetch_add(self.piece.len(), Ordering::SeqCst);
        Poll::Ready((taken < LARGE).then(|| Ok(Frame::data(self.piece.clone()))))
    }
}

/// Waits until the upstream writes no more, and says how much it wrote.
async fn at_rest(taken: &AtomicUsize) -> usize {
    let mut before = usize::MAX;
    loop {
        let now = taken.load(Ordering::SeqCst);
        if now == before {
            return now;
        }
        before = now;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_slow_reader_holds_the_upstream_back() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = taken.clone();
    let origin = Origin::start(move |_| {
        let piece = Bytes::from_static(&[b'x'; 50_000]);
        Response::new(Large { piece, taken: counted.clone() }.boxed_unsync())
    })
    .await;
    let mut body = AnswerBody::message(
        send(&plain(origin.port)).await.unwrap().into_body(),
        Instant::now() + Duration::from_secs(60),
    );
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let before = read;
        read += frame.unwrap().into_data().unwrap().len();
        // Ten times on the way the reader rests, until the upstream rests too. The rest is in the buffers of sockets.
        if before * 10 / LARGE != read * 10 / LARGE && read < LARGE {
            let ahead = at_rest(&taken).await - read;
            assert!(ahead < 16_000_000, "{ahead} bytes ahead of {read}");
        }
    }
    assert_eq!(read, LARGE);
}

#[tokio::test]
async fn a_dropped_body_closes_the_connection_to_the_upstream() {
    let (mut events, body) = Channel::<Bytes>::new(1);
    let body = Arc::new(Mutex::new(Some(body)));
    let origin = Origin::start(move |_| {
        let body: Body = body.try_lock().unwrap().take().unwrap().boxed_unsync();
        Response::new(body)
    })
    .await;
    let upstream = plain(origin.port);
    let until = Instant::now() + Duration::from_secs(60);
    let mut body = AnswerBody::events(send(&upstream).await.unwrap().into_body(), until, None);
    events.send_data(Bytes::from_static(b"data: 1\n\n")).await.unwrap();
    // The event arrives while the stream is open: nothing waits for its end.
    let event = timeout(Duration::from_secs(1), body.frame()).await.unwrap().unwrap().unwrap();
    assert_eq!(event.into_data().unwrap(), "data: 1\n\n");
    drop(body);
    origin.all_closed().await;
}

/// A connection that ends inside an event is an error, so that the client's connection is cut and not ended.
#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error() {
    let event = b"data: 1\n\n";
    for framing in ["Transfer-Encoding: chunked\r\n\r\n9\r\n", "Content-Length: 18\r\n\r\n"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = plain(listener.local_addr().unwrap().port());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert_ne!(stream.read(&mut [0; 1024]).await.unwrap(), 0);
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{framing}").as_bytes()).await.unwrap();
            stream.write_all(event).await.unwrap();
        });
        let until = Instant::now() + Duration::from_secs(60);
        let mut body = AnswerBody::events(send(&upstream).await.unwrap().into_body(), until, None);
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), &event[..]);
        assert!(matches!(body.frame().await, Some(Err(BodyError::Upstream(_)))), "{framing}");
    }
}

/// A body, which says when its last clone is dropped.
struct Watched {
    bytes: Vec<u8>,
    _held: Arc<()>,
}

impl AsRef<[u8]> for Watched {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[tokio::test]
async fn an_upstream_that_reads_nothing_keeps_no_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = plain(listener.local_addr().unwrap().port());
    let held = Arc::new(());
    let body = Bytes::from_owner(Watched { bytes: vec![b'x'; 32 * 1024 * 1024], _held: held.clone() });
    let request = http::Request::post("http://upstream.example/mcp").body(body).unwrap();
    let sending = upstream.send(request, Duration::from_millis(200));
    let (answer, accepted) = tokio::join!(sending, listener.accept());
    assert!(answer.is_err(), "it does not answer");
    assert_eq!(Arc::strong_count(&held), 2, "hyper still writes");
    tokio::time::pause();
    tokio::time::sleep(2 * crate::connection::STUCK).await;
    assert_eq!(Arc::strong_count(&held), 1);
    drop(accepted);
}
