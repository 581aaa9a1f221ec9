//! Rate limit buckets for wrong passwords. A secret key derives the bucket from the user name, so an attacker cannot
//! find names that share a bucket.

use crate::protocol::Digest;
use crate::sealed::keyring::{Derivation, Kind, Purpose};
use crate::sealed::seal::Derived;

/// A rate limit bucket. Every name has one, whether or not a user of that name exists.
pub enum AttemptBucket {}

impl Kind for AttemptBucket {
    const PURPOSE: Purpose = Purpose::Sessions;
    const PREFIX: &'static str = "dw_guesses_";
    const VERSION: u8 = 1;
    const DERIVATION: Derivation = Derivation::Prefix;
}

impl Derived for AttemptBucket {}

impl AttemptBucket {
    /// The bucket number of a derived value: one of 65536.
    pub fn number(derived: &str) -> u16 {
        let [high, low, ..] = Digest::of(derived).0;
        u16::from_be_bytes([high, low])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_the_first_two_bytes_of_the_digest() {
        assert_eq!(AttemptBucket::number("dw_guesses_x"), 13081);
    }
}
