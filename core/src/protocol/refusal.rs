//! Refusals: a rule of this server that a request broke, with a description.

use crate::rules::{self, Rule};
use http::StatusCode;
use std::error::Error;

/// Why a request is refused: the rule that it broke, and a description with the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    rule: &'static Rule,
    status: StatusCode,
    description: String,
    /// The precise reason, for the operator's log only.
    detail: Option<String>,
}

impl Rule {
    /// A refusal by this rule. The description is for the client.
    pub(crate) fn refuse(&'static self, description: impl AsRef<str>) -> Refusal {
        Refusal {
            rule: self,
            status: self.status,
            description: printable(description.as_ref()),
            detail: None,
        }
    }
}

impl Refusal {
    /// The store or the signer did not answer (RFC 6749 §4.1.2.1). `detail` is for the operator's log only.
    pub fn temporarily_unavailable(detail: &dyn Error) -> Self {
        let sorry = "the server cannot answer at the moment; try again in a few seconds";
        rules::SERVER_AWAY.refuse(sorry).because(detail.to_string())
    }

    /// The same refusal, with a fault of this server or of another as the reason in the operator's log.
    pub(crate) fn because(self, fault: String) -> Self {
        Self { detail: Some(fault), ..self }
    }

    /// The same refusal, with a reason for the operator's log that says more. It may have text of the request.
    pub(crate) fn for_operator(self, reason: &str) -> Self {
        Self { detail: Some(printable(reason)), ..self }
    }

    /// The same refusal by another rule, which has another error code.
    pub(crate) fn by(self, rule: &'static Rule) -> Self {
        Self { rule, status: rule.status, ..self }
    }

    /// The same refusal as a page for the user. Status 401 becomes 400, because the browser must not ask for
    /// credentials.
    pub(crate) fn for_page(self) -> Self {
        let status =
            if self.status == StatusCode::UNAUTHORIZED { StatusCode::BAD_REQUEST } else { self.status };
        Self { status, ..self }
    }

    /// The rule that the request broke.
    pub fn rule(&self) -> &'static Rule {
        self.rule
    }

    /// The error code.
    pub fn code(&self) -> &'static str {
        self.rule.code
    }

    /// The description that the client gets.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The reason in the operator's log. It can be more precise than the description that the client gets.
    pub fn reason(&self) -> &str {
        self.detail.as_deref().unwrap_or(&self.description)
    }

    /// Whether the same request can succeed in a few seconds.
    pub(crate) fn is_passing(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }

    /// The HTTP status, if the refusal is not sent by a redirect.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

/// Shortens a text from a request for an error message, so that a second value has room beside it.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// Shortens the same way a text that may have a token or a secret in the wrong place. Of a long run of letters and digits, only the
/// beginning is shown: the message is logged.
pub(crate) fn without_secrets(text: &str) -> String {
    /// Longer than a UUID, shorter than each secret of this server.
    const LONGEST: usize = 40;
    const BEGINNING: usize = 12;
    let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let cut = |piece: &str| {
        let run = piece.trim_end_matches(ends);
        match run.len() > LONGEST {
            true => format!("{}...{}", &run[..BEGINNING], &piece[run.len()..]),
            false => piece.to_owned(),
        }
    };
    shortened(&text.split_inclusive(ends).map(cut).collect::<String>())
}

/// Replaces characters that an `error_description` must not contain (RFC 6749 §5.2), and truncates to 300 characters.
/// Text that is shortened from a request can contain any character.
fn printable(text: &str) -> String {
    let allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    text.chars().take(300).map(|c| if allowed(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_shortened_to_eighty_characters() {
        assert_eq!(shortened("https://a.example/cb"), "https://a.example/cb");
        assert_eq!(shortened(&"é.".repeat(60)), "é.".repeat(40) + "...");
    }

    #[test]
    fn of_a_token_in_the_wrong_place_only_the_beginning_is_shown() {
        let token = "A".repeat(43);
        for (text, expected) in [
            (format!("/oauth/token/dw_secret_{token}"), "/oauth/token/dw_secret_AA..."),
            (
                format!("https://a.example/?code={token}&state=x"),
                "https://a.example/?code=AAAAAAAAAAAA...&state=x",
            ),
            (format!("eyJh.{token}.{token}"), "eyJh.AAAAAAAAAAAA....AAAAAAAAAAAA..."),
        ] {
            assert_eq!(without_secrets(&text), expected);
        }
        let uuid = "/123e4567-e89b-12d3-a456-426614174000/mcp";
        assert_eq!(without_secrets(uuid), uuid);
    }

    proptest! {
        #[test]
        fn no_text_has_a_long_run(text in "[a-z=é]{0,300}") {
            let short = without_secrets(&text);
            prop_assert!(short.chars().count() <= 83);
            prop_assert!(short.split(|c: char| !c.is_ascii_alphanumeric()).all(|run| run.len() <= 40));
        }
    }
}
