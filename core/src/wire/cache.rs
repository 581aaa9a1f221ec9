//! A bounded cache in memory, with failures and stale values (RFC 9111 §4.2.4; RFC 5861 §4).

use crate::ports::Timestamp;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Values of type `V`, and failures of type `E`, by key. It holds at most `capacity` keys.
pub(crate) struct Cache<K, V, E> {
    entries: Mutex<HashMap<K, Entry<V, E>>>,
    capacity: usize,
}

struct Entry<V, E> {
    found: Option<Found<V>>,
    failed: Option<(E, Timestamp)>,
}

/// A value that was found.
pub(crate) struct Found<V> {
    pub(crate) value: Arc<V>,
    /// When it was found, or confirmed.
    pub(crate) since: Timestamp,
    /// Until when it is used without a new fetch.
    pub(crate) fresh: Timestamp,
    /// Until when it may be used if a new fetch fails.
    pub(crate) stale: Timestamp,
}

/// The cache's content for a key: a value that is not past its `stale` time, and a failure that has not expired.
pub(crate) struct Cached<V, E> {
    pub(crate) found: Option<Found<V>>,
    pub(crate) failed: Option<E>,
}

impl<V> Found<V> {
    /// A value that is fresh until `fresh`, and is never used after that.
    pub(crate) fn until(value: Arc<V>, since: Timestamp, fresh: Timestamp) -> Self {
        Self { value, since, fresh, stale: fresh }
    }
}

impl<V> Clone for Found<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), ..*self }
    }
}

impl<K: Hash + Eq, V, E: Clone> Cache<K, V, E> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: Mutex::default(), capacity }
    }

    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q, now: Timestamp) -> Cached<V, E>
    where
        K: Borrow<Q>,
    {
        let entries = self.entries();
        let entry = entries.get(key);
        let found = entry.and_then(|entry| entry.found.as_ref()).filter(|found| now < found.stale);
        let failed = entry.and_then(|entry| entry.failed.as_ref()).filter(|(_, until)| now < *until);
        Cached { found: found.cloned(), failed: failed.map(|(why, _)| why.clone()) }
    }

    /// Stores a value, and deletes the failure of the key.
    pub(crate) fn put(&self, key: K, found: Found<V>, now: Timestamp) {
        self.insert(&mut self.entries(), key, Entry { found: Some(found), failed: None }, now);
    }

    /// Confirms the value of a key. It is fresh at least until `fresh`.
    pub(crate) fn confirm(&self, key: &K, now: Timestamp, fresh: Timestamp) {
        if let Some(found) = self.entries().get_mut(key).and_then(|entry| entry.found.as_mut()) {
            (found.since, found.fresh) = (now, found.fresh.max(fresh));
            found.stale = found.stale.max(found.fresh);
        }
    }

    /// Stores a failure until `until`. Keeps the value if `keep` is set.
    pub(crate) fn fail(&self, key: K, why: E, until: Timestamp, keep: bool, now: Timestamp) {
        let mut entries = self.entries();
        let found = entries.remove(&key).and_then(|entry| entry.found).filter(|_| keep);
        self.insert(&mut entries, key, Entry { found, failed: Some((why, until)) }, now);
    }

    /// Deletes what is known of a key.
    pub(crate) fn forget(&self, key: &K) {
        self.entries().remove(key);
    }

    /// Inserts an entry. If the cache is full, it drops all entries that are not fresh, or all entries if that is not
    /// enough. A dropped entry costs only another fetch.
    fn insert(&self, entries: &mut HashMap<K, Entry<V, E>>, key: K, entry: Entry<V, E>, now: Timestamp) {
        if entries.len() >= self.capacity {
            entries.retain(|_, entry| {
                entry.found.as_ref().is_some_and(|found| now < found.fresh)
                    || entry.failed.as_ref().is_some_and(|(_, until)| now < *until)
            });
        }
        if entries.len() >= self.capacity {
            entries.clear();
        }
        entries.insert(key, entry);
    }

    /// A panic in another thread cannot leave the map half changed.
    fn entries(&self) -> MutexGuard<'_, HashMap<K, Entry<V, E>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Numbers = Cache<u32, u32, &'static str>;

    fn found(value: u32, since: u64, fresh: u64, stale: u64) -> Found<u32> {
        let (since, fresh, stale) = (Timestamp(since), Timestamp(fresh), Timestamp(stale));
        Found { value: Arc::new(value), since, fresh, stale }
    }

    fn value(cache: &Numbers, key: u32, now: u64) -> Option<u32> {
        cache.get(&key, Timestamp(now)).found.map(|found| *found.value)
    }

    #[test]
    fn a_value_is_kept_until_it_is_stale_and_confirmed_for_longer() {
        let cache = Numbers::new(8);
        cache.put(1, found(7, 0, 10, 20), Timestamp(0));
        assert_eq!((value(&cache, 1, 19), value(&cache, 1, 20), value(&cache, 2, 0)), (Some(7), None, None));
        cache.confirm(&1, Timestamp(19), Timestamp(30));
        let cached = cache.get(&1, Timestamp(29)).found.unwrap();
        assert_eq!((cached.since, cached.fresh), (Timestamp(19), Timestamp(30)));
        assert_eq!(value(&cache, 1, 30), None);
    }

    #[test]
    fn a_failure_counts_for_its_time_and_keeps_the_value_if_asked() {
        let cache = Numbers::new(8);
        cache.put(1, found(7, 0, 10, 100), Timestamp(0));
        cache.fail(1, "away", Timestamp(15), true, Timestamp(10));
        let cached = cache.get(&1, Timestamp(14));
        assert_eq!((cached.failed, cached.found.map(|found| *found.value)), (Some("away"), Some(7)));
        assert_eq!(cache.get(&1, Timestamp(15)).failed, None);
        cache.fail(1, "gone", Timestamp(25), false, Timestamp(20));
        assert_eq!(value(&cache, 1, 21), None);
    }

    #[test]
    fn a_full_cache_drops_what_is_not_fresh_first() {
        let cache = Numbers::new(3);
        cache.put(0, found(0, 0, 1000, 1000), Timestamp(0));
        cache.put(1, found(1, 0, 5, 1000), Timestamp(0));
        cache.put(2, found(2, 0, 5, 1000), Timestamp(0));
        cache.put(3, found(3, 10, 1000, 1000), Timestamp(10));
        assert_eq!(
            (value(&cache, 0, 11), value(&cache, 1, 11), value(&cache, 3, 11)),
            (Some(0), None, Some(3))
        );
        cache.put(4, found(4, 10, 1000, 1000), Timestamp(10));
        cache.put(5, found(5, 10, 1000, 1000), Timestamp(10));
        assert_eq!((value(&cache, 0, 11), value(&cache, 5, 11)), (None, Some(5)));
    }
}
