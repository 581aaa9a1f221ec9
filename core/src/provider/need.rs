//! What the `UserInfo` response of a provider is needed for (OpenID Connect Core 1.0 §5.3).

use crate::config::PeopleRules;
use crate::provider::admission::Mismatch;
use crate::provider::claims::Claims;

/// What the `UserInfo` response is needed for. The greatest need decides what a failure of it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// Nothing.
    Nothing,
    /// What the sign-in can do without: the user's name, or whether the user may use a resource that was not asked for.
    Extra,
    /// A rule needs a claim of which the ID token has an empty list. The provider may have put the list into
    /// `UserInfo`, or the list is empty.
    EmptyList,
    /// A rule needs a claim that the ID token does not have.
    Rule,
}

impl Need {
    /// What the response is needed for after this judgement of the ID token.
    pub(super) fn of(judged: &Result<(), Vec<Mismatch>>) -> Self {
        match judged {
            Err(why) if why.iter().any(Mismatch::is_gap) => Self::Rule,
            Err(why) if why.iter().any(|one| matches!(one, Mismatch::EmptyGroups(_))) => Self::EmptyList,
            _ => Self::Nothing,
        }
    }
}

impl PeopleRules {
    /// What the `UserInfo` response is needed for, beside these claims of the ID token, to decide whether the user may
    /// sign in, and to name the user.
    pub(super) fn needs(&self, claims: &Claims) -> Need {
        let name = if claims.name().is_none() { Need::Extra } else { Need::Nothing };
        Need::of(&self.admit(claims)).max(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Allowed, ProviderSettings};
    use serde_json::{Value, json};

    const THERE: &str = "https://idp.example";

    fn settings(issuer: &str, rules: &str) -> PeopleRules {
        let settings = ProviderSettings::new(issuer, "us", Allowed::parse(rules).unwrap());
        settings.unwrap().registration.people
    }

    fn claims(token: &Value) -> Claims {
        Claims::new("1".to_owned(), token.as_object().unwrap().clone())
    }

    fn verified(email: &str) -> Value {
        json!({ "email": email, "email_verified": true })
    }

    #[test]
    fn userinfo_is_needed_where_a_rule_or_the_name_needs_it() {
        for (rules, held, needs) in [
            ("anyone", json!({ "name": "A" }), Need::Nothing),
            ("anyone", json!({}), Need::Extra),
            ("domain:a.example", json!({ "name": "A" }), Need::Rule),
            ("domain:a.example", json!({ "email": "x@a.example" }), Need::Rule),
            ("domain:a.example", json!({ "email": "x@a.example", "email_verified": null }), Need::Rule),
            ("domain:a.example", json!({ "email": "x@b", "email_verified": false }), Need::Nothing),
            ("domain:a.example", verified("x@a.example"), Need::Nothing),
            ("group:staff", json!({ "email": "x@a.example" }), Need::Rule),
            ("group:staff", json!({ "name": "A", "groups": [] }), Need::EmptyList),
            ("group:staff", json!({ "name": "A", "groups": null }), Need::Rule),
            ("group:staff", json!({ "name": "A", "groups": ["others"] }), Need::Nothing),
            ("group:staff", json!({ "groups": ["staff"] }), Need::Extra),
            ("domain:a.example, group:staff", json!({ "name": "A", "groups": ["staff"] }), Need::Nothing),
            ("domain:a.example, group:staff", json!({ "name": "A", "groups": ["x"] }), Need::Rule),
            ("domain:a.example, group:staff", json!({ "name": "A", "groups": [] }), Need::Rule),
        ] {
            assert_eq!(settings(THERE, rules).needs(&claims(&held)), needs, "{rules:?} {held}");
        }
    }
}
