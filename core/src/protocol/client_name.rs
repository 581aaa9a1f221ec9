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

/// Whether a character is invisible but changes what the user sees: controls, the default ignorable characters of Unicode
/// (UAX #44, `Default_Ignorable_Code_Point`: zero width characters, blank letters, variation selectors, tags), a blank
/// Braille pattern, and the direction controls of Unicode UAX #9. Quotation marks count too: after a closing quotation mark, the
/// rest of the name would look like text of the page.
pub(super) fn misleading(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control() || c == '"';
    }
    c.is_control()
        || matches!(c, '“' | '”' | '„' | '«' | '»')
        || matches!(
            c,
            '\u{AD}'
                | '\u{34F}'
                | '\u{61C}'
                | '\u{115F}'
                | '\u{1160}'
                | '\u{17B4}'
                | '\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
        )
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
        || matches!(c, '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
        || matches!(c, '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_hide_or_turn_its_letters() {
        for hidden in [
            "\u{200B}",
            "\u{202E}",
            "\n",
            "\u{34F}",
            "\u{FE0F}",
            "\u{180B}",
            "\u{17B4}",
            "\u{FFF3}",
            "\u{1D173}",
            "\u{E0101}",
        ] {
            assert_eq!(
                ClientName::parse(&format!(" Cl{hidden}aude ")).unwrap().as_str(),
                "Claude",
                "{hidden:?}"
            );
        }
        for nothing in ["\u{202E}", "\u{3164}", "\u{AD}\u{2800}", "\u{E0041}"] {
            assert_eq!(ClientName::parse(nothing), None);
        }
        assert_eq!(ClientName::parse("A” (verified). Let “B").unwrap().as_str(), "A (verified). Let B");
        assert_eq!(ClientName::parse(&"é".repeat(40)).unwrap().as_str(), "é".repeat(32));
    }
}
