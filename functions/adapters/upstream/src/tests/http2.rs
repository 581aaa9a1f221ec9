//! Many streams on few connections (HTTP/2).

use super::LIMIT;
use super::secure::{Secure, request};
use crate::{Upstream, UpstreamBody};
use bytes::Bytes;
use doorward::gateway::UpstreamFailure;
use http::Response;
use http_body::Frame;
use http_body_util::BodyExt;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::watch;

/// A body that has no end. It sends this piece again and again, or nothing if the piece is empty.
struct Endless {
    piece: Bytes,
    open: Arc<watch::Sender<usize>>,
}

impl Endless {
    fn new(piece: &'static [u8], open: &Arc<watch::Sender<usize>>) -> Self {
        open.send_modify(|open| *open += 1);
        Self { piece: Bytes::from_static(piece), open: open.clone() }
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        self.open.send_modify(|open| *open -= 1);
    }
}

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.piece.is_empty() {
            Poll::Pending
        } else {
            Poll::Ready(Some(Ok(Frame::data(self.piece.clone()))))
        }
    }
}

/// A server whose bodies have no end, and how many of them are open.
async fn endless(piece: &'static [u8]) -> (Secure, watch::Receiver<usize>) {
    let open = Arc::new(watch::Sender::new(0));
    let opened = open.subscribe();
    let answer = move |_| Response::new(Endless::new(piece, &open).boxed_unsync());
    (Secure::answering("localhost", &["h2"], answer).await, opened)
}

async fn opened(upstream: &Upstream, count: usize) -> Vec<Response<UpstreamBody>> {
    let mut open = Vec::new();
    for _ in 0..count {
        open.push(upstream.send(request(), LIMIT).await.unwrap());
    }
    open
}

/// A server takes 200 streams on a connection, and further ones would wait until one of them ends.
#[tokio::test]
async fn open_streams_do_not_keep_other_requests_waiting() {
    let (secure, mut open) = endless(b"").await;
    let streams = opened(&secure.trusted(), 300).await;
    assert_eq!((secure.origin.connections(), *open.borrow()), (5, 300));
    drop(streams);
    let ended = tokio::time::timeout(Duration::from_secs(1), open.wait_for(|open| *open == 0)).await;
    ended.expect("each stream is reset within a second").unwrap();
}

#[tokio::test]
async fn streams_that_are_not_read_leave_room_for_others() {
    let (secure, _open) = endless(&[b'x'; 10_000]).await;
    let upstream = secure.trusted();
    let unread = opened(&upstream, 60).await;
    let mut last = upstream.send(request(), LIMIT).await.unwrap().into_body();
    let mut read = 0;
    while read < 1_000_000 {
        let frame = tokio::time::timeout(LIMIT, last.frame()).await.expect("the connection has room");
        read += frame.unwrap().unwrap().into_data().unwrap().len();
    }
    assert_eq!((secure.origin.connections(), unread.len()), (1, 60));
}

#[tokio::test]
async fn more_requests_in_flight_than_allowed_are_refused() {
    let (secure, _open) = endless(b"").await;
    for (upstream, most, connections) in [(secure.trusted(), 1024, 16), (secure.trusted_for(1280), 1280, 20)]
    {
        let before = secure.origin.connections();
        let mut open = opened(&upstream, most).await;
        let refused = upstream.send(request(), LIMIT).await.map(drop);
        assert!(matches!(refused, Err(UpstreamFailure::Busy(_))), "{refused:?}");
        assert_eq!(secure.origin.connections() - before, connections);
        open.pop();
        opened(&upstream, 1).await;
    }
}
