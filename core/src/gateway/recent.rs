//! A map of bounded size, from which the least recently used entry goes.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

pub(super) struct Recent<K, V> {
    entries: HashMap<K, (V, u64)>,
    /// The keys in the order of their last use.
    order: BTreeMap<u64, K>,
    uses: u64,
    capacity: usize,
}

impl<K: Hash + Eq + Copy, V> Recent<K, V> {
    /// A map of at most `capacity` entries.
    pub(super) fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), order: BTreeMap::new(), uses: 0, capacity }
    }

    /// The entry of a key, which is made if there is none.
    pub(super) fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if !self.entries.contains_key(&key)
            && self.entries.len() >= self.capacity
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.entries.remove(&oldest);
        }
        self.uses += 1;
        let (value, used) = self.entries.entry(key).or_insert_with(|| (make(), 0));
        self.order.remove(used);
        *used = self.uses;
        self.order.insert(self.uses, key);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_entry_goes() {
        let mut recent = Recent::new(3);
        for key in [1, 2, 3, 1, 4, 2] {
            *recent.entry(key, || 0) += 1;
        }
        // 4 took the place of 2, and 2 that of 3.
        assert_eq!((recent.entries.len(), recent.order.len()), (3, 3));
        let values = [1, 4, 2].map(|key| *recent.entry(key, || 0));
        assert_eq!(values, [2, 1, 1]);
        assert_eq!(*recent.entry(3, || 0), 0);
    }
}
