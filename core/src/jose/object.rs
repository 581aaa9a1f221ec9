//! JSON objects from outside (RFC 8259 §4): claims, headers, metadata, commands.
//!
//! Serde's derived readers take an array in place of an object, with the members in the order of the fields. Other
//! parsers do not, so an array could pass a check and mean something else elsewhere. [`Object`] takes objects alone.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A value that was read from a JSON object, never from an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object<T>(pub T);

impl<T: DeserializeOwned> Object<T> {
    /// Reads a JSON text that is one object.
    ///
    /// # Errors
    /// The parser's error for anything else.
    pub fn read(json: &[u8]) -> serde_json::Result<T> {
        serde_json::from_slice(json).map(|Self(value)| value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Reader(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Pair {
        one: String,
        other: Option<Object<Inner>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        three: u8,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Some { one: String },
    }

    #[test]
    fn an_object_is_read_and_an_array_is_not() {
        let inner = Pair { one: "a".into(), other: Some(Object(Inner { three: 3 })) };
        assert_eq!(Object::read(br#" {"other":{"three":3},"more":[],"one":"a"} "#).ok(), Some(inner));
        for wrong in [
            &br#"["a",{"three":3}]"#[..],
            br#"["a"]"#,
            br#"{"one":"a","other":[3]}"#,
            br#"{"one":"a","one":"b"}"#,
            br#"{"one":"a"}{}"#,
            b"null",
            b"\"a\"",
            b"1",
        ] {
            assert!(Object::<Pair>::read(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
        assert!(serde_json::from_str::<Pair>(r#"["a",null]"#).is_ok(), "what serde reads without this type");
        let tagged = Tagged::Some { one: "a".into() };
        assert_eq!(Object::read(br#"{"one":"a","kind":"Some"}"#).ok(), Some(tagged));
        assert!(Object::<Tagged>::read(br#"["Some","a"]"#).is_err());
        assert!(serde_json::from_str::<Tagged>(r#"["Some","a"]"#).is_ok());
    }
}
