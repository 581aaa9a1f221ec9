//! Spreads requests over several pools of connections, and bounds how many are in flight.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Pools of connections to one upstream, each with its places for requests in flight. A pool has one HTTP/2 connection.
/// Servers allow about 100 streams on it (RFC 9113 §5.1.2), and more requests would wait for one of them to end.
pub(crate) struct Lanes<C>(Vec<Lane<C>>);

struct Lane<C> {
    client: C,
    places: Arc<Semaphore>,
}

impl<C> Lanes<C> {
    /// This many pools with this many places each.
    pub(crate) fn new(count: usize, places: usize, client: impl Fn() -> C) -> Self {
        let lane = |_| Lane { client: client(), places: Arc::new(Semaphore::new(places)) };
        Self((0..count).map(lane).collect())
    }

    /// A place in the first pool that has one, so that few connections serve few requests. It is free again when it is
    /// dropped.
    pub(crate) fn enter(&self) -> Option<(&C, OwnedSemaphorePermit)> {
        self.0.iter().find_map(|lane| {
            let permit = lane.places.clone().try_acquire_owned().ok()?;
            Some((&lane.client, permit))
        })
    }
}

/// The body of an upstream's answer. The request is in flight until it is dropped.
#[derive(Debug)]
pub struct UpstreamBody {
    incoming: Incoming,
    _place: OwnedSemaphorePermit,
}

impl UpstreamBody {
    pub(crate) fn new(incoming: Incoming, place: OwnedSemaphorePermit) -> Self {
        Self { incoming, _place: place }
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.incoming).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pool_with_a_place_is_taken() {
        let next = std::cell::Cell::new(0);
        let lanes = Lanes::new(2, 2, || next.replace(next.get() + 1));
        let mut entered: Vec<_> = std::iter::from_fn(|| lanes.enter()).collect();
        assert_eq!(entered.iter().map(|(client, _)| **client).collect::<Vec<_>>(), [0, 0, 1, 1]);
        drop(entered.remove(1));
        assert_eq!(lanes.enter().map(|(client, _)| *client), Some(0));
    }
}
