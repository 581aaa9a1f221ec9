//! Headers that the operator sets on each request to an upstream, such as an API key. Their values are secret.

use crate::header_file::HeaderFile;
use doorward::gateway::static_name;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Receives one sentence when a file can no longer be read, or a value looks like a file and is none.
pub type Report = Arc<dyn Fn(&str) + Send + Sync>;

/// Headers that the operator sets on each request.
#[derive(Default)]
pub struct StaticHeaders(Vec<(HeaderName, Value)>);

enum Value {
    Text(HeaderValue),
    File(HeaderFile),
}

/// A header that cannot be set. The value is secret, so it is never named.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// No colon, or a name that is none.
    #[error("a header has the form `Name: value`")]
    Form,
    /// A name that the gateway or HTTP itself sets.
    #[error("the header `{0}` cannot be set: the connection and the gateway decide it")]
    Refused(HeaderName),
    /// A name that is there already.
    #[error("the header `{0}` is set twice")]
    Twice(HeaderName),
    /// A value with control characters, or none at all.
    #[error("the value of the header `{0}` is empty, or has characters that a header cannot have")]
    Value(HeaderName),
    /// The value's file cannot be read.
    #[error("the value of the header `{name}`: the file {} cannot be read: {error}", file.display())]
    File {
        /// The header.
        name: HeaderName,
        /// Its file.
        file: PathBuf,
        /// Why it cannot be read.
        error: io::Error,
    },
}

impl StaticHeaders {
    /// Reads headers of the form `Name: value`. Where the value has the word `@/path/file`, which goes to the value's
    /// end, the trimmed content of this file replaces it. A changed file is read again.
    ///
    /// # Errors
    /// [`HeaderError`] for a form, a name, a value or a file that cannot be used.
    pub fn new<'a>(lines: impl IntoIterator<Item = &'a str>, report: &Report) -> Result<Self, HeaderError> {
        let mut headers = Vec::new();
        for line in lines {
            let (name, value) = line.split_once(':').ok_or(HeaderError::Form)?;
            let name: HeaderName = name.trim().parse().map_err(|_| HeaderError::Form)?;
            if static_name(name.as_str()).is_err() {
                return Err(HeaderError::Refused(name));
            }
            if headers.iter().any(|(other, _)| *other == name) {
                return Err(HeaderError::Twice(name));
            }
            let value = Value::read(&name, value.trim(), report)?;
            headers.push((name, value));
        }
        Ok(Self(headers))
    }

    /// Sets them. They replace headers of the same name.
    pub(crate) fn set(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            let value = match value {
                Value::Text(value) => value.clone(),
                Value::File(file) => file.value(),
            };
            headers.insert(name.clone(), value);
        }
    }
}

impl Value {
    fn read(name: &HeaderName, text: &str, report: &Report) -> Result<Self, HeaderError> {
        let Some((before, path)) = split_at_file(text) else {
            let value = secret(text).ok_or_else(|| HeaderError::Value(name.clone()))?;
            if text.split(' ').next_back().is_some_and(|word| word.starts_with('@')) {
                report(&format!(
                    "the header `{name}` is sent as it is: `@` stands for a file only before an absolute path, `@/PATH`"
                ));
            }
            return Ok(Self::Text(value));
        };
        let opened = HeaderFile::open(name.clone(), before.to_owned(), path.into(), report.clone());
        opened.map(Self::File)
    }
}

/// The text before `@/path`, and the path. The `@` begins a word: one inside a word is the value's own.
fn split_at_file(text: &str) -> Option<(&str, &str)> {
    let at = if text.starts_with("@/") { 0 } else { text.find(" @/")? + 1 };
    Some((&text[..at], &text[at + 1..]))
}

/// A header's value that `Debug` does not show, and HTTP/2 does not keep in its compression table (RFC 7541 §7.1.3).
pub(crate) fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok().filter(|value| !value.is_empty())?;
    value.set_sensitive(true);
    Some(value)
}

impl fmt::Debug for StaticHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests;
