//! Correlation ids, which connect a response with its log lines. Error pages show the id. Every response that has an
//! event carries it in the header `Doorward-Correlation`.

use crate::ports::{Entropy, draw};
use crate::wire::event::Events;
use crate::wire::message::Response;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::atomic::{AtomicU64, Ordering};

const HEADER: HeaderName = HeaderName::from_static("doorward-correlation");

/// Draws a correlation id: 10 hexadecimal digits, which a user can read out and an operator can find in the log.
pub fn id(entropy: &dyn Entropy) -> String {
    let [a, b, c, d, e] = draw(entropy);
    print(u64::from_be_bytes([0, 0, 0, a, b, c, d, e]))
}

/// The lowest 40 bits in hexadecimal.
fn print(number: u64) -> String {
    let digit = |at: u32| char::from_digit((number >> (4 * at) & 15) as u32, 16).unwrap_or_default();
    (0..DIGITS).rev().map(digit).collect()
}

/// The number of hexadecimal digits.
const DIGITS: u32 = 10;

/// A source of correlation ids that asks for randomness once. For a gateway, where each call has an id.
pub(crate) struct Ids(AtomicU64);

impl Ids {
    /// Ids that begin at a random place, so that those of two processes differ.
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        Self(AtomicU64::new(u64::from_be_bytes(draw(entropy))))
    }

    /// The next id. Counter and mixing function are those of `SplitMix64`: no 64-bit value comes twice, and two ids that
    /// follow each other do not look alike. An id is no secret.
    pub(crate) fn next(&self) -> String {
        let state = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        let mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        print(mixed ^ mixed >> 31)
    }
}

/// Sets the correlation id of a response, for example the id that its page shows.
pub(crate) fn put(id: &str, response: &mut Response) {
    put_among(response.headers_mut(), id);
}

/// Adds a correlation id to headers.
pub(crate) fn put_among(headers: &mut HeaderMap, id: &str) {
    headers.insert(HEADER, HeaderValue::try_from(id).expect("hexadecimal"));
}

/// Sets the correlation id of all events of a response: the response's id, or a new one. Without events, it does
/// nothing.
pub(crate) fn mark(response: &mut Response, entropy: &dyn Entropy) {
    if response.extensions().get::<Events>().is_none() {
        return;
    }
    let known = response.headers().get(HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let id = known.unwrap_or_else(|| {
        let id = id(entropy);
        put(&id, response);
        id
    });
    Events::complete(response, |event| event.correlation = Some(id.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn ids_have_ten_digits_and_differ() {
        assert_eq!(id(&Fixed(0x0A)), "0a0a0a0a0a");
        let [one, other] = [1, 2].map(|byte| Ids::new(&Fixed(byte)));
        let ids: BTreeSet<_> = (0..1000).flat_map(|_| [one.next(), other.next()]).collect();
        assert_eq!(ids.len(), 2000);
        assert!(ids.iter().all(|id| id.len() == 10 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
    }
}
