//! The parameter `prompt` of an authorization request (OpenID Connect Core 1.0 §3.1.2.1).

use crate::protocol::refusal::Refusal;
use crate::rules;
use serde::{Deserialize, Serialize};

/// What the client wants the user to be asked in addition. The user is always asked for consent, and can choose
/// another account on that page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prompt {
    /// Nothing in addition.
    #[default]
    AsUsual,
    /// Which account to use, for a user whom an identity provider would otherwise recognize without asking.
    SelectAccount,
    /// To sign in, even if the user is signed in already.
    Login,
    /// Nothing at all (`none`): if the user would have to be asked, the client gets an error.
    Nothing,
}

impl Prompt {
    /// Reads the parameter. Unknown values are ignored.
    ///
    /// # Errors
    /// `invalid_request` if `none` is combined with another value.
    pub fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        let values: Vec<_> = text.unwrap_or_default().split(' ').filter(|value| !value.is_empty()).collect();
        match values.contains(&"none") {
            true if values.len() == 1 => Ok(Self::Nothing),
            true => Err(rules::PROMPT.refuse("prompt must not have none together with other values")),
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
