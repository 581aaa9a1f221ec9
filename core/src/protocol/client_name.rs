//! The name of a client, as the client claims it (RFC 7591 §2, `client_name`).

use serde::{Deserialize, Serialize};

/// A client's name to show to users: at most 64 bytes, no control or direction-changing characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientName(String);

impl ClientName {
    pub(super) const MAX_BYTES: usize = 64;

    /// Reads a name. Removes characters that could mislead the user, and truncates the rest to 64 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut name: String = text.chars().filter(|c| !misleading(*c)).collect();
        if name.len() > Self::MAX_BYTES {
            name.truncate(name.floor_char_boundary(Self::MAX_BYTES));
        }
        let name = name.trim();
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a character is invisible but changes what the user sees: controls, zero width characters, blank letters,
/// tags, and the direction controls of Unicode UAX #9. Quotation marks count too: after a closing quotation mark, the
/// rest of the name would look like text of the page.
fn misleading(c: char) -> bool {
    c.is_control()
        || matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
        || matches!(
            c,
            '\u{AD}'
                | '\u{61C}'
                | '\u{115F}'
                | '\u{1160}'
                | '\u{180E}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{FEFF}'
        )
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
        || matches!(c, '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_hide_or_turn_its_letters() {
        assert_eq!(ClientName::parse(" Cl\u{200B}au\u{202E}de\n ").unwrap().as_str(), "Claude");
        for nothing in ["\u{202E}", "\u{3164}", "\u{AD}\u{2800}", "\u{E0041}"] {
            assert_eq!(ClientName::parse(nothing), None);
        }
        assert_eq!(ClientName::parse("A” (verified). Let “B").unwrap().as_str(), "A (verified). Let B");
        assert_eq!(ClientName::parse(&"é".repeat(40)).unwrap().as_str(), "é".repeat(32));
    }
}
