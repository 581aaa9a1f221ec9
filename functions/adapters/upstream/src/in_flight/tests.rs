//! Bodies within their budget.

use super::*;
use http_body_util::Full;
use http_body_util::channel::Channel;
use std::convert::Infallible;

impl InFlight {
    fn left(&self) -> usize {
        self.0.all - self.0.taken().all
    }

    /// Reads a body of alice.
    async fn read_one<B: Body<Data = Bytes>>(&self, body: B, max: usize) -> Read {
        self.read("alice", body, max).await
    }
}

fn full(length: usize) -> Full<Bytes> {
    Full::new(vec![b'x'; length].into())
}

#[tokio::test]
async fn bytes_count_until_their_last_clone_is_dropped() {
    let budget = InFlight::new(100, 1000);
    let Read::Whole(body) = budget.read_one(full(60), 80).await else { panic!("it fits") };
    assert_eq!((body.len(), budget.left()), (60, 40));
    let part = body.slice(..1);
    drop(body);
    assert!(matches!(budget.read_one(full(41), 80).await, Read::Busy));
    assert!(matches!(budget.read_one(full(40), 80).await, Read::Whole(_)));
    drop(part);
    assert_eq!(budget.left(), 100);
}

#[tokio::test]
async fn a_user_has_a_share() {
    let budget = InFlight::new(100, 40);
    let read = async |user, length| budget.read(user, full(length), 80).await;
    let Read::Whole(first) = read("alice", 40).await else { panic!("it fits") };
    assert!(matches!(read("alice", 1).await, Read::Share));
    let Read::Whole(second) = read("bob", 40).await else { panic!("it fits") };
    assert!(matches!(read("carol", 21).await, Read::Busy));
    assert!(matches!(read("carol", 20).await, Read::Whole(_)));
    assert!(matches!(read("alice", 0).await, Read::Whole(_)), "an empty body takes no room");
    drop(first);
    assert!(matches!(read("alice", 40).await, Read::Whole(_)));
    drop(second);
    assert!(budget.0.taken().of_users.is_empty(), "no user without bytes is kept");
}

#[tokio::test]
async fn a_declared_length_takes_no_room() {
    let budget = InFlight::new(100, 1000);
    let (sending, body) = Channel::<Bytes, Infallible>::new(1);
    let too_large = Declared { body, length: 81 };
    assert!(matches!(budget.read_one(too_large, 80).await, Read::TooLarge), "nothing of it came");
    drop(sending);
    let (sending, body) = Channel::<Bytes, Infallible>::new(1);
    let declared = Declared { body, length: 70 };
    let mut reading = Box::pin(budget.read_one(declared, 80));
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(reading.as_mut().poll(cx).is_pending())).await);
    assert_eq!(budget.left(), 100);
    drop(sending);
    assert!(matches!(reading.await, Read::Whole(body) if body.is_empty()));
    assert_eq!(budget.left(), 100);
}

#[tokio::test]
async fn a_body_of_unknown_length_takes_what_comes() {
    let budget = InFlight::new(100, 1000);
    let read = async |pieces: usize, max| {
        let (mut sending, body) = Channel::<Bytes, Infallible>::new(1);
        let send = async move {
            for _ in 0..pieces {
                let _ = sending.send_data(Bytes::from_static(b"0123456789")).await;
            }
        };
        tokio::join!(budget.read_one(body, max), send).0
    };
    let Read::Whole(body) = read(8, 80).await else { panic!("it fits") };
    assert_eq!((&body[..12], body.len(), budget.left()), (&b"012345678901"[..], 80, 20));
    assert!(matches!(read(3, 80).await, Read::Busy));
    assert_eq!(budget.left(), 20);
    drop(body);
    assert!(matches!(read(9, 80).await, Read::TooLarge));
    assert_eq!(budget.left(), 100);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_body() {
    let budget = InFlight::new(100, 1000);
    let (mut sending, body) = Channel::<Bytes, &str>::new(1);
    sending.send_data(Bytes::from_static(b"{")).await.unwrap();
    let send = async { sending.abort("reset") };
    assert!(matches!(tokio::join!(budget.read_one(body, 80), send).0, Read::Broken));
    assert_eq!(budget.left(), 100);
}

/// A body that declares its length.
struct Declared {
    body: Channel<Bytes>,
    length: u64,
}

impl Body for Declared {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(cx)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.length)
    }
}
