//! Content of a parameter: keys, each with the time when it starts to sign and seal.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::ports::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A key. It signs and seals from its time until the time of the next key. A function accepts it for verification as
/// soon as it has read it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When the key starts to sign and seal. It identifies the key.
    pub from: Timestamp,
    value: Zeroizing<String>,
}

impl Entry {
    /// A key that signs and seals from `from` on.
    pub(crate) fn new(from: Timestamp, bytes: &[u8]) -> Self {
        Self { from, value: Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes)) }
    }

    /// Whether this is the same key, with this time or another.
    pub(crate) fn is_same_key(&self, other: &Self) -> bool {
        self.value == other.value
    }

    /// The bytes of the key, or `None` if they are not base64url or not `N` bytes.
    pub(crate) fn bytes<const N: usize>(&self) -> Option<[u8; N]> {
        URL_SAFE_NO_PAD.decode(self.value.as_bytes()).ok()?.try_into().ok()
    }
}

/// Parses a parameter's value, or returns `None` if it is not a list of keys.
pub(crate) fn parse(value: &str) -> Option<Vec<Entry>> {
    serde_json::from_str(value).ok()
}

/// Serializes a parameter's value.
pub(crate) fn print(entries: &[Entry]) -> Zeroizing<String> {
    Zeroizing::new(serde_json::to_string(entries).expect("entries are plain data"))
}

/// Sorts the entries, with the key in use at `now` first: the latest key whose time is not after `now`. If there is
/// none, the earliest key is first.
pub(crate) fn newest_first(mut entries: Vec<Entry>, now: Timestamp) -> Vec<Entry> {
    entries.sort_by_key(|entry| match entry.from <= now {
        true => (false, u64::MAX - entry.from.0),
        false => (true, entry.from.0),
    });
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_that_has_begun_makes() {
        let entries: Vec<_> = [10, 30, 20].map(|from| Entry::new(Timestamp(from), &[1])).into();
        for (now, order) in [(5, [10, 20, 30]), (10, [10, 20, 30]), (29, [20, 10, 30]), (30, [30, 20, 10])] {
            let sorted = newest_first(entries.clone(), Timestamp(now));
            assert_eq!(sorted.iter().map(|entry| entry.from.0).collect::<Vec<_>>(), order, "{now}");
        }
    }

    #[test]
    fn what_is_printed_is_read_back_and_nothing_else_is_read() {
        let printed = print(&[Entry::new(Timestamp(7), &[1; 32])]);
        let read = parse(&printed).unwrap();
        assert_eq!((read[0].from, read[0].bytes::<32>()), (Timestamp(7), Some([1; 32])));
        assert_eq!(read[0].bytes::<65>(), None);
        assert!(parse("{}").is_none());
    }
}
