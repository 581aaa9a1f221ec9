//! The parameters of a request, from a query or a form (RFC 6749 §3.1, §3.2 and appendix B).

use crate::protocol::form_encoding::{decoded, print_pairs};
use crate::protocol::refusal::Refusal;
use crate::rules;

/// Name and value pairs, in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded`. A parameter without a value is treated as omitted
    /// (RFC 6749 §3.1).
    pub fn parse(bytes: &[u8]) -> Self {
        let pairs = bytes.split(|byte| *byte == b'&').filter_map(|pair| {
            let equals = pair.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (&pair[..equals], &pair[equals + 1..]);
            (!value.is_empty()).then(|| (decoded(name), decoded(value)))
        });
        Self(pairs.collect())
    }

    /// The value of `name`, if it was sent.
    ///
    /// # Errors
    /// `invalid_request` if it was sent more than once, which RFC 6749 §3.1 forbids.
    pub fn once(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let first = values.next();
        values.next().map_or(Ok(first), |_| {
            Err(rules::PARAMETER_REPEATED.refuse(format!("{name} was sent more than once")))
        })
    }

    /// The value of `name`, which must be sent.
    ///
    /// # Errors
    /// `invalid_request` if it was not sent, or was sent more than once.
    pub fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.once(name)?.ok_or_else(|| rules::PARAMETER_MISSING.refuse(format!("{name} is missing")))
    }

    /// All values of `name`, for parameters that may be repeated (`resource`: RFC 8707 §2).
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The parameters, except those with this name.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(known, _)| known != name).cloned().collect())
    }

    /// The parameters, with one more at the end.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Prints the parameters as a query string.
    pub fn query(&self) -> String {
        // Few bytes need three characters.
        let length = |(name, value): &(String, String)| name.len() + value.len() * 5 / 4 + 2;
        let mut text = String::with_capacity(self.0.iter().map(length).sum());
        print_pairs(&mut text, self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_parameter_without_a_value_was_not_sent() {
        let parameters = Parameters::parse(b"a=&b&c=1&d=+x%20");
        assert_eq!(parameters.once("a"), Ok(None));
        assert_eq!(parameters.once("b"), Ok(None));
        assert_eq!(parameters.once("c"), Ok(Some("1")));
        assert_eq!(parameters.once("d"), Ok(Some(" x ")));
    }

    #[test]
    fn a_repeated_parameter_is_seen() {
        let parameters = Parameters::parse(b"a=1&a=1&b=2");
        assert_eq!(parameters.once("a").unwrap_err().code(), "invalid_request");
        assert_eq!(parameters.all("a").count(), 2);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let parameters = Parameters::parse(&bytes);
            prop_assert_eq!(Parameters::parse(parameters.query().as_bytes()), parameters);
        }
    }
}
