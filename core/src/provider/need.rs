//! What the `UserInfo` response of a provider is needed for (OpenID Connect Core 1.0 §5.3).

use crate::config::PeopleRules;
use crate::provider::admission::Mismatch;
use crate::provider::claims::{Claims, Email};

/// What the `UserInfo` response is needed for. The greatest need decides what a failure of it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// Nothing.
    Nothing,
    /// What the sign-in can do without: the user's name or email address, or whether the user may use a resource that was
    /// not asked for.
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
    /// sign in, to name the user, and to know the email address of a user who may, if it has one.
    pub(super) fn needs(&self, claims: &Claims, has_email: bool) -> Need {
        let admitted = self.admit(claims);
        let lacks_email = matches!(claims.email(), Email::Missing | Email::Unstated);
        let is_extra = claims.name().is_none() || admitted.is_ok() && lacks_email && has_email;
        Need::of(&admitted).max(if is_extra { Need::Extra } else { Need::Nothing })
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
            ("anyone", json!({ "name": "A" }), Need::Extra),
            ("anyone", json!({ "name": "A", "email": "x@a" }), Need::Extra),
            ("anyone", json!({ "name": "A", "email": "x@a", "email_verified": false }), Need::Nothing),
            ("anyone", verified("x@a.example"), Need::Nothing),
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
            ("domain:a.example, group:staff", json!({ "name": "A", "groups": ["staff"] }), Need::Extra),
            ("domain:a.example, group:staff", json!({ "name": "A", "groups": ["x"] }), Need::Rule),
            ("domain:a.example, group:staff", json!({ "name": "A", "groups": [] }), Need::Rule),
        ] {
            assert_eq!(settings(THERE, rules).needs(&claims(&held), true), needs, "{rules:?} {held}");
        }
        let without = settings(THERE, "anyone").needs(&claims(&json!({ "name": "A" })), false);
        assert_eq!(without, Need::Nothing, "no address is asked for");
    }
}
