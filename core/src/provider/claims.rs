//! The claims of an upstream provider about a user. They come from two sources: the ID token and the `UserInfo` response
//! (OpenID Connect Core 1.0 §5.3.2). Claims that speak about each other are read from one source.

use crate::provider::claim_value::{groups_at, is_empty, is_empty_list_at, is_true};
use crate::provider::membership::{Membership, Memberships};
use serde_json::{Map, Value};

/// The claims of a provider about a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    /// The user's id at this provider, which never changes (§2).
    pub(crate) subject: String,
    /// The ID token, then the `UserInfo` response if the provider was asked for it. Or an identity assertion. Of GitHub, the address.
    sources: Vec<Source>,
    /// Whether an address without `email_verified` counts as verified.
    is_unstated_verified: bool,
    /// What only GitHub says.
    github: Option<GitHubSays>,
}

/// What only GitHub says of a user. It is apart from the claims, so that no claim of an OpenID provider is taken for it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct GitHubSays {
    login: String,
    memberships: Memberships,
}

/// What the provider says about the user's email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Email<'a> {
    /// The provider has verified this address.
    Verified(&'a str),
    /// The provider has not verified the address. This is its `email_verified`.
    Unverified(&'a Value),
    /// There is an address without `email_verified`.
    Unstated,
    /// One source has the address, and another one `email_verified`.
    Split,
    /// There is no address.
    Missing,
}

/// The claims of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source(Map<String, Value>);

/// The claims that may hold a name, the best first.
const NAMES: [&str; 3] = ["email", "preferred_username", "name"];
const MAX_NAME: usize = 100;

impl Claims {
    /// The claims of a valid ID token.
    pub(super) fn new(subject: String, token: Map<String, Value>) -> Self {
        Self { subject, sources: vec![Source(token)], is_unstated_verified: false, github: None }
    }

    /// The claims of a valid identity assertion. It has no `email_verified`, and the issuer answers for the address
    /// (draft-ietf-oauth-identity-assertion-authz-grant-03 §3.1). An address that it calls unverified does not count.
    pub(super) fn of_assertion(subject: String, assertion: Map<String, Value>) -> Self {
        Self { is_unstated_verified: true, ..Self::new(subject, assertion) }
    }

    /// What GitHub says of the user with this numeric id. The login is shown only: GitHub gives it to another user after a
    /// change.
    pub(super) fn of_github(id: u64, login: String) -> Self {
        let github = Some(GitHubSays { login, memberships: Memberships::default() });
        Self { subject: id.to_string(), sources: Vec::new(), is_unstated_verified: false, github }
    }

    /// Adds the primary address of a user of GitHub.
    pub(super) fn set_address(&mut self, address: &str, is_verified: bool) {
        let claims = [("email", Value::from(address)), ("email_verified", Value::from(is_verified))];
        self.sources =
            vec![Source(claims.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())];
    }

    /// Adds what GitHub answered about the membership in an organization.
    pub(super) fn set_membership(&mut self, organization: &str, membership: Membership) {
        if let Some(github) = &mut self.github {
            github.memberships.set(organization, membership);
        }
    }

    /// The membership in an organization of GitHub. `None` if another provider says who the user is.
    pub(super) fn membership(&self, organization: &str) -> Option<&Membership> {
        self.github.as_ref().map(|github| github.memberships.of(organization))
    }

    /// Adds the claims of the provider's `UserInfo` endpoint. Claims about another user are refused (§5.3.2).
    ///
    /// # Errors
    /// A text that says that the claims are about another user.
    pub(super) fn complete(&mut self, userinfo: Map<String, Value>) -> Result<(), &'static str> {
        if userinfo.get("sub").and_then(Value::as_str) != Some(&self.subject) {
            return Err("the sub of the provider's UserInfo response differs from the ID token");
        }
        self.sources.push(Source(userinfo));
        Ok(())
    }

    /// The text of a claim, from the first source that has it.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.sources.iter().find_map(|source| source.text(name))
    }

    /// The email address, and whether the provider has verified it. `email_verified` speaks about the address beside
    /// it (§5.1): both are read from the first source that has both. Otherwise an attacker who can set one of them in
    /// one source could combine it with the other of another source.
    pub(super) fn email(&self) -> Email<'_> {
        if let Some((address, verified)) = self.sources.iter().find_map(Source::email) {
            return if is_true(verified) { Email::Verified(address) } else { Email::Unverified(verified) };
        }
        let has = |name: &str| self.sources.iter().any(|source| source.present(name).is_some());
        match (self.text("email"), has("email_verified")) {
            (None, _) => Email::Missing,
            (Some(_), true) => Email::Split,
            (Some(address), false) if self.is_unstated_verified => Email::Verified(address),
            (Some(_), false) => Email::Unstated,
        }
    }

    /// The groups at this path, from the first source that has any.
    pub(super) fn groups(&self, path: &str) -> Vec<&str> {
        let found = self.sources.iter().map(|source| source.groups(path));
        found.into_iter().find(|groups| !groups.is_empty()).unwrap_or_default()
    }

    /// Whether a source has an empty list of groups at this path.
    pub(super) fn has_empty_groups(&self, path: &str) -> bool {
        self.sources.iter().any(|source| is_empty_list_at(&source.0, path))
    }

    /// Whether the provider says that the groups are elsewhere (§5.6.2). Entra does so for a user in too many groups,
    /// with `_claim_names`, or with `hasgroups`.
    pub(super) fn has_left_out(&self, path: &str) -> bool {
        self.sources.iter().any(|source| source.has_left_out(path))
    }

    /// The user's name for our pages: the login at GitHub. Else of the source whose email address counts, or else of the first
    /// source that has a name.
    pub(crate) fn name(&self) -> Option<&str> {
        if let Some(github) = &self.github {
            return Some(github.login.as_str()).filter(is_sound);
        }
        self.by_rank().find_map(Source::name)
    }

    /// The user's full name (§5.1), from the same sources in the same order. The login at GitHub.
    pub(super) fn full_name(&self) -> Option<&str> {
        let login = self.github.as_ref().map(|github| github.login.as_str());
        login.or_else(|| self.by_rank().find_map(|source| source.text("name")))
    }

    fn by_rank(&self) -> impl Iterator<Item = &Source> {
        let counts = self.sources.iter().find(|source| source.email().is_some());
        counts.into_iter().chain(&self.sources)
    }
}

impl Source {
    /// The value of a claim. Null and empty values count as absent (§5.3.2).
    fn present(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !is_empty(value))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.present(name)?.as_str()
    }

    /// The address and its `email_verified`, if this source has both.
    fn email(&self) -> Option<(&str, &Value)> {
        self.text("email").zip(self.present("email_verified"))
    }

    fn groups(&self, path: &str) -> Vec<&str> {
        groups_at(&self.0, path)
    }

    fn has_left_out(&self, path: &str) -> bool {
        let holds =
            |name: &str| path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let elsewhere = self.present("_claim_names").and_then(Value::as_object);
        let is_elsewhere = elsewhere.is_some_and(|names| names.keys().any(|name| holds(name)));
        is_elsewhere || holds("groups") && self.present("hasgroups").is_some_and(is_true)
    }

    fn name(&self) -> Option<&str> {
        NAMES.iter().find_map(|claim| self.text(claim).map(str::trim).filter(is_sound))
    }
}

/// Whether the pages can show this name.
fn is_sound(name: &&str) -> bool {
    !name.is_empty() && name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn claims(token: &Value, userinfo: Option<Value>) -> Claims {
        let mut claims = Claims::new("1".to_owned(), object(token));
        if let Some(mut userinfo) = userinfo {
            userinfo["sub"] = json!("1");
            claims.complete(object(&userinfo)).unwrap();
        }
        claims
    }

    #[test]
    fn userinfo_of_another_user_is_refused() {
        let mut claims = claims(&json!({}), None);
        for other in [json!({ "sub": "2", "name": "B" }), json!({ "name": "B" }), json!({ "sub": null })] {
            assert!(claims.complete(object(&other)).is_err(), "{other}");
        }
        assert_eq!(claims.name(), None, "nothing of it is used");
    }

    #[test]
    fn an_address_and_its_verification_come_from_one_source() {
        let (no, yes) = (json!(false), json!(true));
        for (token, userinfo, expected) in [
            (json!({ "email": "x@a", "email_verified": yes }), None, Email::Verified("x@a")),
            (json!({ "email": "x@a", "email_verified": "true" }), None, Email::Verified("x@a")),
            (json!({ "email": "x@a", "email_verified": no }), None, Email::Unverified(&no)),
            (json!({ "email": "x@a", "email_verified": 1 }), None, Email::Unverified(&json!(1))),
            (json!({ "email": "x@a" }), None, Email::Unstated),
            (json!({ "email": "x@a", "email_verified": null }), None, Email::Unstated),
            (json!({ "email": "", "email_verified": yes }), None, Email::Missing),
            (json!({ "email": ["x@a"], "email_verified": yes }), None, Email::Missing),
            (
                json!({ "email_verified": yes }),
                Some(json!({ "email": "x@a", "email_verified": no })),
                Email::Unverified(&no),
            ),
            (
                json!({ "email": "x@a" }),
                Some(json!({ "email": "y@b", "email_verified": yes })),
                Email::Verified("y@b"),
            ),
            (json!({ "email_verified": yes }), Some(json!({ "email": "x@a" })), Email::Split),
            (json!({ "email": "x@a" }), Some(json!({ "email_verified": yes })), Email::Split),
            (json!({ "email": "x@a" }), Some(json!({ "email": null, "email_verified": yes })), Email::Split),
            (
                json!({ "email": "x@a", "email_verified": no }),
                Some(json!({ "email": "x@a", "email_verified": yes })),
                Email::Unverified(&no),
            ),
        ] {
            assert_eq!(claims(&token, userinfo.clone()).email(), expected, "{token} {userinfo:?}");
        }
    }

    #[test]
    fn a_name_is_of_the_source_whose_address_counts() {
        let named = |token: &Value, userinfo| claims(token, userinfo).name().map(str::to_owned);
        for (token, userinfo, name) in [
            (json!({ "name": "A", "email": "a@b", "preferred_username": "aa" }), None, Some("a@b")),
            (json!({ "name": "A", "preferred_username": "aa" }), None, Some("aa")),
            (json!({ "name": "A", "email": "a\u{7}" }), None, Some("A")),
            (json!({ "name": "x".repeat(101) }), None, None),
            (json!({ "email": "x@a" }), Some(json!({ "email": "y@b", "email_verified": true })), Some("y@b")),
            (json!({ "email": "x@a" }), Some(json!({ "name": "B" })), Some("x@a")),
            (json!({ "email": null }), Some(json!({ "name": "B" })), Some("B")),
        ] {
            assert_eq!(named(&token, userinfo.clone()).as_deref(), name, "{token} {userinfo:?}");
        }
    }

    #[test]
    fn groups_are_of_one_source_and_empty_ones_are_absent() {
        let of = |token: Value, userinfo: Value| claims(&token, Some(userinfo)).groups("groups").join(",");
        assert_eq!(of(json!({ "groups": ["x"] }), json!({ "groups": ["y"] })), "x");
        for absent in [json!(null), json!([]), json!({}), json!(""), json!([1])] {
            assert_eq!(of(json!({ "groups": absent }), json!({ "groups": ["y"] })), "y", "{absent}");
        }
    }

    #[test]
    fn groups_that_are_elsewhere_are_noticed() {
        for (path, token, left_out) in [
            ("groups", json!({ "_claim_names": { "groups": "src1" } }), true),
            ("groups", json!({ "_claim_names": { "phone": "src1" } }), false),
            ("groups", json!({ "hasgroups": true }), true),
            ("groups", json!({ "hasgroups": "true" }), true),
            ("groups", json!({ "hasgroups": false }), false),
            ("roles", json!({ "hasgroups": true }), false),
            ("realm.roles", json!({ "_claim_names": { "realm": "src1" } }), true),
            ("realms", json!({ "_claim_names": { "realm": "src1" } }), false),
        ] {
            assert_eq!(claims(&token, None).has_left_out(path), left_out, "{path} {token}");
        }
    }
}
