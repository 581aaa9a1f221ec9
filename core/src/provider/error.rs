//! Errors of a sign-in at the provider.

use crate::jose::Object;
use crate::ports::NoTimeLeft;
use crate::protocol::Refusal;
use crate::rules;
use crate::wire::without_bom;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use thiserror::Error;

/// Why the provider did not identify a user. The text is for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub(crate) enum ProviderError {
    /// The provider did not answer, or asked to try later.
    Unavailable(String),
    /// The provider rejects the code: it was spent before, or issued to another client.
    CodeRejected(String),
    /// The provider does not say who the user is, by a rule of its own that the user can meet.
    Declined(String),
    /// The response is not from this provider (mix-up attack, RFC 9207 §2.4).
    MixUp(String),
    /// The response breaks the protocol, or the provider does not know this server. Waiting does not help: the
    /// operator must fix it.
    Invalid(String),
}

impl From<NoTimeLeft> for ProviderError {
    fn from(error: NoTimeLeft) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<ProviderError> for Refusal {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Unavailable(why) => {
                let sorry = "the provider does not answer at the moment; try again in a few seconds";
                rules::PROVIDER_AWAY.refuse(sorry).because(why)
            }
            ProviderError::CodeRejected(why)
            | ProviderError::Declined(why)
            | ProviderError::MixUp(why)
            | ProviderError::Invalid(why) => {
                let sorry =
                    "sign-in at the provider does not work until the operator of this server fixes it";
                rules::PROVIDER_UNUSABLE.refuse(sorry).because(why)
            }
        }
    }
}

/// An error response of the provider (RFC 6749 §4.1.2.1, §5.2; RFC 6750 §3).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct ProviderFault {
    /// The error code.
    pub(crate) error: String,
    /// The provider's own words. Anything but a text is none.
    #[serde(default, deserialize_with = "text_or_none")]
    pub(crate) error_description: Option<String>,
}

fn text_or_none<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    Ok(Value::deserialize(value)?.as_str().map(str::to_owned))
}

/// What an error response says about the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// The provider has a problem of its own, which passes.
    Passing,
    /// The provider does not accept how this server asks. The operator must fix it.
    Permanent,
    /// The user, or a rule of the provider, decided so.
    Decided,
}

impl ProviderFault {
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        Object::read(without_bom(body)).ok()
    }

    /// What the error code says about the next attempt. An unknown code is a decision.
    pub(crate) fn outlook(&self) -> Outlook {
        match self.error.as_str() {
            "server_error" | "temporarily_unavailable" => Outlook::Passing,
            "invalid_request"
            | "invalid_client"
            | "unauthorized_client"
            | "unsupported_grant_type"
            | "unsupported_response_type"
            | "invalid_scope"
            | "request_not_supported"
            // Of GitHub.
            | "redirect_uri_mismatch"
            | "application_suspended"
            | "incorrect_client_credentials" => Outlook::Permanent,
            _ => Outlook::Decided,
        }
    }

    /// The error for the log. The provider's words are in quotes, so that they do not look like ours.
    pub(crate) fn told(&self) -> String {
        let error = quoted(&self.error);
        match &self.error_description {
            None => error,
            Some(description) => format!("{error} {}", quoted(description)),
        }
    }
}

/// The longest text of the provider in a reason, in characters.
const MAX_QUOTED: usize = 200;

/// A text of the provider for the log: in quotes, without control characters, and cut to 200 characters.
pub(crate) fn quoted(text: &str) -> String {
    format!("{:?}", text.chars().take(MAX_QUOTED).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_words_of_the_provider_are_quoted_and_bounded() {
        let fault = ProviderFault::parse(br#"{"error":"x","error_description":"a \"b\"\n c"}"#).unwrap();
        assert_eq!(fault.told(), r#""x" "a \"b\"\n c""#);
        assert_eq!(ProviderFault::parse(br#"{"error":"x"}"#).unwrap().told(), r#""x""#);
        assert_eq!(quoted(&"x".repeat(1000)).len(), 202);
        assert_eq!(ProviderFault::parse(br#"{"error_description":"x"}"#), None);
        let other = ProviderFault::parse(b"\xEF\xBB\xBF{\"error\":\"x\",\"error_description\":{\"code\":7}}")
            .unwrap();
        assert_eq!(other.told(), r#""x""#, "the code decides");
    }

    proptest! {
        #[test]
        fn a_quoted_text_is_one_line_in_quotes(text in ".{0,300}") {
            let quoted = quoted(&text);
            prop_assert!(quoted.starts_with('"') && quoted.ends_with('"'));
            prop_assert!(!quoted.contains(char::is_control));
        }
    }
}
