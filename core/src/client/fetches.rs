//! Limits for the fetches that are under way: one for each URL, a few for each host, and a number in all. A client's web
//! server can be slow, and anyone can name a URL in an authorization request. So an attacker must not be able to make
//! this server hold, or send to one host, any number of requests.

use crate::protocol::DocumentUrl;
use async_lock::{Mutex as AsyncMutex, MutexGuardArc};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most fetches under way to one host, whatever its port.
pub(crate) const MAX_PER_HOST: usize = 4;
/// The most fetches under way in this process.
pub(crate) const MAX_IN_ALL: usize = 32;

/// The fetches under way.
#[derive(Default)]
pub(crate) struct Fetches(Mutex<Underway>);

#[derive(Default)]
struct Underway {
    urls: HashMap<DocumentUrl, Arc<AsyncMutex<()>>>,
    hosts: HashMap<String, usize>,
}

/// The turn of a request to fetch a URL. Others that need the same URL wait until it is dropped.
pub(crate) struct Turn<'a> {
    fetches: &'a Fetches,
    url: &'a DocumentUrl,
    guard: Option<MutexGuardArc<()>>,
}

/// A fetch that is under way until this is dropped.
pub(crate) struct Fetching<'a> {
    fetches: &'a Fetches,
    host: &'a str,
}

impl Fetches {
    /// Waits until no other request fetches this URL. Then the answer is usually in the cache, and has to be looked for
    /// there first.
    pub(crate) async fn turn<'a>(&'a self, url: &'a DocumentUrl) -> Turn<'a> {
        // Before the wait, so that a request that is given up while it waits leaves nothing behind.
        let mut turn = Turn { fetches: self, url, guard: None };
        let lock = self.underway().urls.entry(url.clone()).or_default().clone();
        turn.guard = Some(lock.lock_arc().await);
        turn
    }

    /// Begins a fetch. `None` if too many are under way.
    pub(crate) fn begin<'a>(&'a self, url: &'a DocumentUrl) -> Option<Fetching<'a>> {
        let (host, mut underway) = (url.host(), self.underway());
        let there = underway.hosts.get(host).copied().unwrap_or_default();
        if there >= MAX_PER_HOST || underway.hosts.values().sum::<usize>() >= MAX_IN_ALL {
            return None;
        }
        underway.hosts.insert(host.to_owned(), there + 1);
        Some(Fetching { fetches: self, host })
    }

    /// A panic in another thread cannot leave the maps half changed.
    fn underway(&self) -> MutexGuard<'_, Underway> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.guard.take();
        let mut underway = self.fetches.underway();
        // A request takes its copy of the lock under the same mutex, so nothing waits for a lock that is here alone.
        if underway.urls.get(self.url).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            underway.urls.remove(self.url);
        }
    }
}

impl Drop for Fetching<'_> {
    fn drop(&mut self) {
        let mut underway = self.fetches.underway();
        let left = underway.hosts.get(self.host).map_or(0, |there| there.saturating_sub(1));
        match left {
            0 => drop(underway.hosts.remove(self.host)),
            left => drop(underway.hosts.insert(self.host.to_owned(), left)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn url(host: usize, path: usize) -> DocumentUrl {
        DocumentUrl::parse(&format!("https://h{host}.example:{}/{path}", 8000 + path)).unwrap()
    }

    #[test]
    fn fetches_are_bounded_for_each_host_and_in_all() {
        let fetches = Fetches::default();
        let urls: Vec<_> = (0..MAX_PER_HOST + 1).map(|path| url(0, path)).collect();
        let mut held: Vec<_> = urls.iter().map(|url| fetches.begin(url)).collect();
        assert!(held.pop().unwrap().is_none(), "the port does not count");
        assert!(held.iter().all(Option::is_some));
        held.pop();
        assert!(fetches.begin(&urls[0]).is_some(), "one has ended");
        drop(held);
        let urls: Vec<_> = (0..MAX_IN_ALL + 1).map(|host| url(host, 0)).collect();
        let held: Vec<_> = urls.iter().map(|url| fetches.begin(url)).collect();
        assert_eq!(held.iter().filter(|one| one.is_some()).count(), MAX_IN_ALL);
        drop(held);
        assert!(fetches.underway().hosts.is_empty());
    }

    #[test]
    fn one_request_at_a_time_fetches_a_url_and_a_dropped_one_gives_way() {
        let (fetches, one, other) = (Fetches::default(), url(0, 0), url(0, 1));
        let context = || Context::from_waker(Waker::noop());
        let begin = |url| {
            let mut turn = Box::pin(fetches.turn(url));
            let polled = turn.as_mut().poll(&mut context());
            (turn, polled)
        };
        let (_, Poll::Ready(first)) = begin(&one) else { panic!("no request fetches it") };
        let (second, Poll::Pending) = begin(&one) else { panic!("two turns at once") };
        let (_, Poll::Ready(elsewhere)) = begin(&other) else { panic!("another URL") };
        drop(second);
        let (third, Poll::Pending) = begin(&one) else { panic!("two turns at once") };
        drop(first);
        let mut third = pin!(third);
        let Poll::Ready(third) = third.as_mut().poll(&mut context()) else { panic!("its turn has come") };
        let (given_up, Poll::Pending) = begin(&one) else { panic!("two turns at once") };
        drop((third, elsewhere));
        drop(given_up);
        assert!(fetches.underway().urls.is_empty());
    }
}
