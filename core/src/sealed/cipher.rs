//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 §2): any number of processes may draw its 192-bit nonces at random.
//!
//! `HChaCha20` makes a key for ChaCha20-Poly1305 (RFC 8439 §2.8) out of the key and the first 16 bytes of the nonce. ring has
//! ChaCha20-Poly1305 in assembly. To open a code takes a third of the instructions that the crate before took.

use chacha20::{R20, hchacha};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::error::Unspecified;

pub(super) const NONCE_LENGTH: usize = 24;
pub(super) const TAG_LENGTH: usize = 16;

/// Encrypts `content` in its place, and returns the tag, which follows it. `None` if the content is longer than 256 GB.
pub(super) fn encrypt(
    secret: &[u8; 32],
    nonce: &[u8; NONCE_LENGTH],
    authenticated: &[u8],
    content: &mut [u8],
) -> Option<[u8; TAG_LENGTH]> {
    let (key, nonce) = parts(secret, nonce).ok()?;
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(authenticated), content).ok()?;
    tag.as_ref().try_into().ok()
}

/// Decrypts a content and its tag in their place, and returns the content. `None` if anything was changed.
pub(super) fn decrypt<'a>(
    secret: &[u8; 32],
    nonce: &[u8; NONCE_LENGTH],
    authenticated: &[u8],
    sealed: &'a mut [u8],
) -> Option<&'a mut [u8]> {
    let (key, nonce) = parts(secret, nonce).ok()?;
    key.open_in_place(nonce, Aad::from(authenticated), sealed).ok()
}

/// The key and nonce of ChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 §2.3).
fn parts(secret: &[u8; 32], nonce: &[u8; NONCE_LENGTH]) -> Result<(LessSafeKey, Nonce), Unspecified> {
    let [first @ .., a, b, c, d, e, f, g, h] = *nonce;
    let key = hchacha::<R20>(&(*secret).into(), &first.into());
    let key = UnboundKey::new(&CHACHA20_POLY1305, &key)?;
    Ok((LessSafeKey::new(key), Nonce::assume_unique_for_key([0, 0, 0, 0, a, b, c, d, e, f, g, h])))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn the_vector_of_the_draft() {
        let secret: [u8; 32] = std::array::from_fn(|at| 0x80 + at as u8);
        let nonce: [u8; 24] = std::array::from_fn(|at| 0x40 + at as u8);
        let authenticated = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let plain =
            b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                      sunscreen would be it.";
        let sealed = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae6\
                      4c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664\
                      c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49";
        let mut content = plain.to_vec();
        let tag = encrypt(&secret, &nonce, &authenticated, &mut content).unwrap();
        content.extend(tag);
        let printed: String = content.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(printed, sealed);
        assert_eq!(decrypt(&secret, &nonce, &authenticated, &mut content.clone()).unwrap(), plain);
        for at in 0..content.len() {
            let mut changed = content.clone();
            changed[at] ^= 1;
            assert!(decrypt(&secret, &nonce, &authenticated, &mut changed).is_none(), "{at}");
        }
        assert!(decrypt(&secret, &nonce, b"other", &mut content.clone()).is_none());
        assert!(decrypt(&secret, &[0; 24], &authenticated, &mut content.clone()).is_none());
        assert!(decrypt(&secret, &nonce, &authenticated, &mut content[..TAG_LENGTH - 1]).is_none());
    }
}
