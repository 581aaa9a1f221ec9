//! The id of a provider: the last segment of the redirect URI that this server has there.

use std::fmt;

/// The id of a provider at which users sign in: 1 to 32 letters, digits, `-` and `_`. So the redirect URI is written in one way
/// only, and can be compared byte for byte (RFC 9700 §4.1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderId(String);

impl ProviderId {
    /// The rule, as the end of a sentence.
    pub const RULE: &'static str = "has 1 to 32 letters, digits, - and _";

    /// Reads an id. `None` for a text that is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        ((1..=32).contains(&text.len()) && text.bytes().all(is_plain)).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_segment_that_is_written_in_one_way() {
        for right in ["a", "acme", "Acme-2_x", &"x".repeat(32)] {
            assert_eq!(ProviderId::parse(right).map(|id| id.to_string()).as_deref(), Some(right));
        }
        for wrong in ["", ".", "..", "a/b", "a b", "a%2Fb", "ä", "a?b", "a#b", "a\n", "a.b", &"x".repeat(33)]
        {
            assert_eq!(ProviderId::parse(wrong), None, "{wrong:?}");
        }
    }
}
