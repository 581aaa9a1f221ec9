//! What a parameter holds: keys, and from when on each makes things.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::ports::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A key. It is accepted as soon as it is read, and makes things from its time on, until the next one's.
#[derive(Clone, Serialize, Deserialize)]
pub struct Entry {
    /// From when on it makes things; what tells it from the others.
    pub from: Timestamp,
    value: Zeroizing<String>,
}

impl Entry {
    /// A key that makes things from then on.
    pub(crate) fn new(from: Timestamp, bytes: &[u8]) -> Self {
        Self { from, value: Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes)) }
    }

    /// The key; nothing when its text is not one of this length.
    pub(crate) fn bytes<const N: usize>(&self) -> Option<[u8; N]> {
        URL_SAFE_NO_PAD.decode(self.value.as_bytes()).ok()?.try_into().ok()
    }
}

/// A parameter's value; nothing when it is not one of ours.
pub(crate) fn parse(value: &str) -> Option<Vec<Entry>> {
    serde_json::from_str(value).ok()
}

/// A parameter's value.
pub(crate) fn print(entries: &[Entry]) -> Zeroizing<String> {
    Zeroizing::new(serde_json::to_string(entries).expect("entries are plain data"))
}

/// The entry that makes things at this time, before all others: the latest that has begun, or else the one that will
/// begin first.
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
