//! JSON objects that this server writes for each request (RFC 8259 §4): one member after the other, into one buffer.

use std::fmt::Write;

/// A JSON object that is being written. It is, byte for byte, what serde would write.
pub(crate) struct Members(String);

impl Members {
    /// Begins an object that will have about this many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Adds a member with a text.
    pub(crate) fn text(mut self, name: &'static str, value: &str) -> Self {
        self.name(name);
        if is_plain(value) {
            self.0.push('"');
            self.0.push_str(value);
            self.0.push('"');
        } else {
            self.0.push_str(&serde_json::to_string(value).expect("a text is plain data"));
        }
        self
    }

    /// Adds a member with a number.
    pub(crate) fn number(mut self, name: &'static str, value: u64) -> Self {
        self.name(name);
        write!(self.0, "{value}").expect("a text takes every number");
        self
    }

    /// Adds a member with a number, if there is one.
    pub(crate) fn number_if_there(self, name: &'static str, value: Option<u64>) -> Self {
        match value {
            Some(value) => self.number(name, value),
            None => self,
        }
    }

    /// Adds a member that is true or false.
    pub(crate) fn truth(mut self, name: &'static str, value: bool) -> Self {
        self.name(name);
        self.0.push_str(if value { "true" } else { "false" });
        self
    }

    /// The object as JSON.
    pub(crate) fn end(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "{}" } else { "}" });
        self.0
    }

    fn name(&mut self, name: &'static str) {
        self.0.push_str(if self.0.is_empty() { "{\"" } else { ",\"" });
        self.0.push_str(name);
        self.0.push_str("\":");
    }
}

/// Whether JSON has the text as it is (RFC 8259 §7). There is no early end, so that the compiler compares many bytes at once:
/// tokens are long, and have no other characters.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |all, byte| all & (byte >= b' ') & (byte != b'"') & (byte != b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn an_object_has_its_members_in_their_order() {
        let object =
            Members::with_capacity(0).text("b", "x").number("a", 7).truth("c", true).truth("d", false);
        assert_eq!(object.end(), r#"{"b":"x","a":7,"c":true,"d":false}"#);
        assert_eq!(Members::with_capacity(0).end(), "{}");
    }

    proptest! {
        #[test]
        fn texts_and_numbers_are_what_serde_writes(text in any::<String>(), number in any::<u64>()) {
            let object = Members::with_capacity(8).text("text", &text).number("z", number).end();
            prop_assert_eq!(object, json!({ "text": text, "z": number }).to_string());
        }

        #[test]
        fn every_character_is_escaped_as_serde_does(text in "[\u{0}-\u{ff}]{0,8}") {
            let object = Members::with_capacity(0).text("text", &text).end();
            prop_assert_eq!(object, json!({ "text": text }).to_string());
        }
    }
}
