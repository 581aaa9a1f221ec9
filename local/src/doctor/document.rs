//! A JSON document of a server, read leniently: a member of another type is found, and counts as absent.

use serde_json::{Map, Value};

/// The type that a member must have.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Texts,
    Switch,
}

/// A document, and the place where it was found.
pub(super) struct Document {
    pub(super) place: String,
    pub(super) members: Map<String, Value>,
}

impl Document {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    pub(super) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        let list = self.members.get(name)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).collect())
    }

    pub(super) fn is_on(&self, name: &str) -> bool {
        self.members.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The members that are null.
    pub(super) fn nulls(&self) -> Vec<&str> {
        self.members.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name.as_str()).collect()
    }

    /// The members of another type, with their values.
    pub(super) fn mistyped(&self, kinds: &[(&str, Kind)]) -> Vec<String> {
        let wrong = |(name, kind): &(&str, Kind)| {
            let value = self.members.get(*name).filter(|value| !value.is_null())?;
            let is_right = match kind {
                Kind::Text => value.is_string(),
                Kind::Texts => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
                Kind::Switch => value.is_boolean(),
            };
            (!is_right).then(|| format!("{name}: {value}"))
        };
        kinds.iter().filter_map(wrong).collect()
    }
}

/// A value as it is shown: as JSON, or that it is absent.
pub(super) fn quoted(value: Option<&str>) -> String {
    value.map_or_else(|| "absent".to_owned(), |value| Value::from(value).to_string())
}
