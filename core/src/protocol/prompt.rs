//! What a client wants its person to be asked (OpenID Connect Core 1.0 §3.1.2.1, `prompt`).

use crate::protocol::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// What has to be asked beyond what is asked anyway: consent is, every time, and another account can be chosen there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prompt {
    /// Nothing more.
    #[default]
    AsUsual,
    /// Which account it is to be, of somebody whom others would recognise by themselves.
    SelectAccount,
    /// Who it is, even of somebody who is signed in.
    Login,
    /// Nothing at all: what cannot be answered without the person is an error.
    Nothing,
}

impl Prompt {
    /// Reads the parameter. Values that nobody knows mean nothing.
    ///
    /// # Errors
    /// `invalid_request` when `none` has company.
    pub fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        let values: Vec<_> = text.unwrap_or_default().split(' ').filter(|value| !value.is_empty()).collect();
        match values.contains(&"none") {
            true if values.len() == 1 => Ok(Self::Nothing),
            true => Err(Refusal::invalid_request("prompt is none and something else")),
            false if values.contains(&"login") => Ok(Self::Login),
            false if values.contains(&"select_account") => Ok(Self::SelectAccount),
            false => Ok(Self::AsUsual),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_that_is_known_counts() {
        for (text, prompt) in [
            (None, Prompt::AsUsual),
            (Some(""), Prompt::AsUsual),
            (Some("consent"), Prompt::AsUsual),
            (Some("select_account consent create"), Prompt::SelectAccount),
            (Some("select_account  login"), Prompt::Login),
            (Some("none"), Prompt::Nothing),
            (Some("None"), Prompt::AsUsual),
        ] {
            assert_eq!(Prompt::parse(text), Ok(prompt), "{text:?}");
        }
        assert!(Prompt::parse(Some("none login")).is_err());
    }
}
