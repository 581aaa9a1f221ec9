//! Chance is handed in, so that the core is pure and a test can repeat itself.

/// A cryptographically secure source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random bytes; a source that cannot must panic rather than return weak ones.
    fn fill(&self, bytes: &mut [u8]);
}

/// Draws `N` random bytes.
pub(crate) fn draw<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
