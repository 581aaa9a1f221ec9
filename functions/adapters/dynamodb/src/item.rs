//! Attributes of an item: writing and reading. An attribute that cannot be read was not written by this store. It is
//! reported as a store error.

use crate::table::KEY;
use aws_sdk_dynamodb::types::AttributeValue;
use doorward::ports::Timestamp;
use doorward::protocol::{ClientId, GrantId, PersonId};
use doorward::store::{AttemptKey, AttemptSource, StoreError};
use std::collections::HashMap;
use std::fmt::Display;

/// An item as DynamoDB returns it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Item(pub(crate) HashMap<String, AttributeValue>);

impl Item {
    pub(crate) fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn with_some(self, name: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The text of an attribute.
    pub(crate) fn text(&self, name: &str) -> Result<&str, StoreError> {
        let value = self.0.get(name).and_then(|value| value.as_s().ok());
        value.map(String::as_str).ok_or_else(|| unreadable(name))
    }

    /// The number of an attribute.
    pub(crate) fn number<N: TryFrom<u64>>(&self, name: &str) -> Result<N, StoreError> {
        let value = self.0.get(name).and_then(|value| value.as_n().ok()?.parse::<u64>().ok());
        value.and_then(|value| value.try_into().ok()).ok_or_else(|| unreadable(name))
    }

    /// The timestamp of an attribute.
    pub(crate) fn time(&self, name: &str) -> Result<Timestamp, StoreError> {
        self.number(name).map(Timestamp)
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, StoreError> {
        self.0.get(name).and_then(|value| value.as_bool().ok()).copied().ok_or_else(|| unreadable(name))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The text of an attribute, parsed by `parse`.
    pub(crate) fn parsed<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        parse(self.text(name)?).ok_or_else(|| unreadable(name))
    }

    /// Like `parsed`, but `None` if the attribute is missing.
    pub(crate) fn if_there<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        self.has(name).then(|| self.parsed(name, parse)).transpose()
    }

    /// Every text of a string set, parsed by `parse`.
    pub(crate) fn all_parsed<C, T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<C, StoreError>
    where
        C: FromIterator<T>,
    {
        let texts = self.0.get(name).and_then(|value| value.as_ss().ok());
        texts.and_then(|texts| texts.iter().map(|text| parse(text)).collect()).ok_or_else(|| unreadable(name))
    }

    /// The key without its prefix `kind`, parsed by `parse`.
    pub(crate) fn id<T>(&self, kind: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        self.parsed(KEY, |key| key.strip_prefix(kind).and_then(parse))
    }
}

fn unreadable(name: &str) -> StoreError {
    StoreError::new(format!("the attribute {name} of an item is not valid"))
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A string set. It must not be empty: DynamoDB has no empty set.
pub(crate) fn texts(values: impl Iterator<Item = String>) -> AttributeValue {
    AttributeValue::Ss(values.collect())
}

pub(crate) fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn time(value: Timestamp) -> AttributeValue {
    number(value.0)
}

/// The key of a grant.
pub(crate) fn grant_key(id: GrantId) -> AttributeValue {
    text(format!("{}{id}", crate::table::GRANT))
}

/// The key of a user.
pub(crate) fn person_key(id: &PersonId) -> AttributeValue {
    text(format!("{}{id}", crate::table::PERSON))
}

/// The key of a count of wrong passwords.
pub(crate) fn guesses_key(attempt_key: &AttemptKey) -> AttributeValue {
    let from = match attempt_key.from {
        AttemptSource::UnknownBrowser => "strangers",
        AttemptSource::KnownBrowser => "known",
    };
    text(format!("{}{:04x}-{from}-{}", crate::table::GUESSES, attempt_key.name, attempt_key.hour))
}

/// The key of a pre-registered client.
pub(crate) fn client_key(id: &ClientId) -> AttributeValue {
    text(format!("{}{id}", crate::table::CLIENT))
}
