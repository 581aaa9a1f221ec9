//! PKCE, Proof Key for Code Exchange (RFC 7636), with the method `S256` only.

use crate::protocol::digest::Digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// What a client must prove when it redeems an authorization code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// That it knows the PKCE verifier.
    Pkce(CodeChallenge),
    /// Nothing: an authorization request without PKCE, which only [`crate::config::Allowances`] permit.
    None,
}

/// An `S256` challenge: the SHA-256 digest of the verifier. This type cannot represent a `plain` challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(Digest);

impl CodeChallenge {
    /// Reads 43 characters of base64url (RFC 7636 §4.2). Anything else is not an S256 challenge.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(|digest| Self(Digest(digest)))
    }

    /// Whether this challenge was derived from `verifier` (RFC 7636 §4.6). Compares in constant time.
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        Digest::of(&verifier.0).0.ct_eq(&self.0.0).into()
    }
}

/// The PKCE verifier, a secret of the client: 43 to 128 unreserved characters (RFC 7636 §4.1).
pub struct CodeVerifier(String);

impl CodeVerifier {
    /// Reads a verifier.
    pub fn parse(text: &str) -> Option<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let sound = (43..=128).contains(&text.len()) && text.bytes().all(unreserved);
        sound.then(|| Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Test vector of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_rfc_holds() {
        let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
        assert!(challenge.is_met_by(&CodeVerifier::parse(VERIFIER).unwrap()));
        assert!(!challenge.is_met_by(&CodeVerifier::parse(&VERIFIER.replace('d', "e")).unwrap()));
    }

    #[test]
    fn lengths_and_characters_are_those_of_the_rfc() {
        assert!(CodeVerifier::parse(&"a".repeat(42)).is_none());
        assert!(CodeVerifier::parse(&"a".repeat(128)).is_some());
        assert!(CodeVerifier::parse(&"a".repeat(129)).is_none());
        assert!(CodeVerifier::parse(&"+".repeat(43)).is_none());
        assert!(CodeChallenge::parse(&CHALLENGE[1..]).is_none());
        assert!(CodeChallenge::parse(&format!("{CHALLENGE}=")).is_none());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,140}") {
            let _ = CodeVerifier::parse(&text);
            let _ = CodeChallenge::parse(&text);
        }
    }
}
