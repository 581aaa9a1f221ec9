//! JSON text that is changed without being serialised again: members are found, and single values replaced.

use bytes::{BufMut, BytesMut};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// The members of a JSON object, with their values as they are written.
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Members<'a> {
    /// Reads an object. `None` for any other text.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The value of a member. Of several it is the last one, as parsers have it.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// The value at the end of a path of members.
    pub(super) fn find(&self, path: &[&str]) -> Option<&'a str> {
        let (first, rest) = path.split_first()?;
        let value = self.get(first)?;
        if rest.is_empty() { Some(value) } else { Members::read(value)?.find(rest) }
    }

    /// The text of a member that is a string.
    pub(super) fn text(&self, path: &[&str]) -> Option<String> {
        serde_json::from_str(self.find(path)?).ok()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OfObject)
    }
}

struct OfObject;

impl<'de> Visitor<'de> for OfObject {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            members.push((name, map.next_value::<&RawValue>()?.get()));
        }
        Ok(Members(members))
    }
}

/// The name of a member. It is borrowed if it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfName;
        impl<'de> Visitor<'de> for OfName {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }
            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(OfName)
    }
}

/// Where a value that was found in `text` stands in it.
pub(super) fn place(text: &str, value: &str) -> Range<usize> {
    let start = value.as_ptr() as usize - text.as_ptr() as usize;
    start..start + value.len()
}

/// The text with other values at these places, on one line. The text is JSON, so a line break stands only between its tokens,
/// where a space means the same (RFC 8259 §2).
pub(super) fn with_values(text: &str, mut values: Vec<(Range<usize>, String)>) -> BytesMut {
    values.sort_by_key(|(place, _)| place.start);
    let added: usize = values.iter().map(|(_, value)| value.len()).sum();
    let mut line = BytesMut::with_capacity(text.len() + added);
    let mut end = 0;
    for (place, value) in values {
        put_on_one_line(&mut line, &text.as_bytes()[end..place.start]);
        line.put_slice(value.as_bytes());
        end = place.end;
    }
    put_on_one_line(&mut line, &text.as_bytes()[end..]);
    line
}

fn put_on_one_line(line: &mut BytesMut, text: &[u8]) {
    let start = line.len();
    line.put_slice(text);
    for byte in &mut line[start..] {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn values_are_found_as_they_are_written() {
        let text = r#" {"a" : 1.0, "\u0062": {"c" :["x"]}, "a": "é" } "#;
        let members = Members::read(text).unwrap();
        assert_eq!(members.get("a"), Some(r#""é""#), "the last one");
        assert_eq!(members.find(&["b", "c"]), Some(r#"["x"]"#));
        assert_eq!(members.text(&["a"]).as_deref(), Some("é"));
        assert_eq!((members.get("c"), members.find(&["a", "c"])), (None, None));
        assert_eq!(&text[place(text, members.get("b").unwrap())], r#"{"c" :["x"]}"#);
        for other in ["[]", "1", "", "{", "{\"a\":1}x", "null"] {
            assert!(Members::read(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_replaced_value_leaves_all_other_bytes() {
        let text = "{\"id\" :\r\n 7,\n\"params\":{\"n\":1e2,\"s\":\"\\n\"} }";
        let members = Members::read(text).unwrap();
        let ids = ["id", "params"].map(|name| place(text, members.get(name).unwrap()));
        let [id, _] = ids;
        let line = with_values(text, vec![(id, "\"new\"".to_owned())]);
        assert_eq!(line, "{\"id\" :   \"new\", \"params\":{\"n\":1e2,\"s\":\"\\n\"} }");
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,8}|[\n\r\t\"\\\\]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map("[a-c\n\"]{1,2}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_text_on_one_line_means_the_same(value in json()) {
            for text in [serde_json::to_string(&value).unwrap(), serde_json::to_string_pretty(&value).unwrap()] {
                let line = with_values(&text, Vec::new());
                prop_assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
                prop_assert_eq!(serde_json::from_slice::<Value>(&line).unwrap(), value.clone());
            }
        }

        #[test]
        fn any_value_can_be_replaced(value in json(), other in json()) {
            let text = format!("{{\"x\": {value}, \"id\": {value}}}");
            let members = Members::read(&text).unwrap();
            let at = place(&text, members.get("id").unwrap());
            let line = with_values(&text, vec![(at, other.to_string())]);
            prop_assert_eq!(line, format!("{{\"x\": {value}, \"id\": {other}}}"));
        }

        #[test]
        fn no_text_panics(text in "[{}\\[\\]\",:a-z0-9\\\\ ]{0,40}") {
            let _ = Members::read(&text).map(|members| members.find(&["a", "b"]).map(str::len));
        }
    }
}
