//! Where wrong passwords for a name are counted: derived from the name by a secret, so that nobody knows which names share a
//! place.

use crate::protocol::Digest;
use crate::sealed::keyring::{Kind, Purpose};
use crate::sealed::seal::Derived;

/// Belongs to a name, whether or not somebody has it.
pub enum AttemptBucket {}

impl Kind for AttemptBucket {
    const PURPOSE: Purpose = Purpose::Sessions;
    const PREFIX: &'static str = "dw_guesses_";
    const VERSION: u8 = 1;
}

impl Derived for AttemptBucket {}

impl AttemptBucket {
    /// The number of what was derived.
    pub fn number(derived: &str) -> u16 {
        let [high, low, ..] = Digest::of(derived).0;
        u16::from_be_bytes([high, low])
    }
}
