//! The id of a grant. It is drawn when the user consents, and is part of the code and of every token of the grant.

use crate::protocol::digest::Digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::fmt;

/// 128 bits, random or of a digest, printed as base64url. Not a secret: the id alone gives no access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GrantId(pub [u8; 16]);

impl GrantId {
    /// Reads the printed form.
    pub fn parse(text: &str) -> Option<Self> {
        // base64 asks for space in steps of three bytes.
        let mut bytes = [0; 18];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let id = bytes.first_chunk().filter(|id: &&[u8; 16]| id.len() == length);
        id.copied().map(Self)
    }

    /// The id of the one grant that an assertion opens: a second grant with it is a replay. `kind` tells the kinds of assertions
    /// apart.
    pub(crate) fn of_assertion(kind: &str, issuer: &str, subject: &str, id: &str) -> Self {
        let named = serde_json::json!([kind, issuer, subject, id]).to_string();
        Self(*Digest::of(named).0.first_chunk().expect("a digest is longer than an id"))
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 22];
        let written = URL_SAFE_NO_PAD.encode_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(str::from_utf8(&text[..written]).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_is_22_characters() {
        let id = GrantId([7; 16]);
        assert_eq!(
            (id.to_string().as_str(), GrantId::parse("BwcHBwcHBwcHBwcHBwcHBw")),
            ("BwcHBwcHBwcHBwcHBwcHBw", Some(id))
        );
        for wrong in [
            "",
            "BwcHBwcHBwcHBwcHBwcHB",
            "BwcHBwcHBwcHBwcHBwcHBwc",
            "BwcHBwcHBwcHBwcHBwcHBwcH",
            "BwcHBwcHBwcHBwcHBwcHBwcHBwcH",
            "BwcHBwcHBwcHBwcHBwcHBx",
            "BwcHBwcHBwcHBwcHBwcHBw==",
        ] {
            assert_eq!(GrantId::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back_and_no_text_panics(bytes in any::<[u8; 16]>(), text in "[A-Za-z0-9_-]{0,40}|\\PC{0,30}") {
            prop_assert_eq!(GrantId::parse(&GrantId(bytes).to_string()), Some(GrantId(bytes)));
            prop_assert!(GrantId::parse(&text).is_none_or(|id| id.to_string() == text));
        }
    }
}
