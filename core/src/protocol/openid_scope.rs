//! The scopes of this server itself, by which a client reads who the user is (OpenID Connect Core 1.0 §5.4). No resource offers
//! them, so they are in no resource's metadata.

use crate::protocol::profile::Profile;
use crate::protocol::scope::{GrantedScope, Scope};

/// The scope of the `UserInfo` endpoint and of ID tokens (§3.1.2.1).
pub const OPENID: &str = "openid";
/// The scope of the user's email address.
pub const EMAIL: &str = "email";
/// The scope of the user's name.
pub const PROFILE: &str = "profile";
/// All of them.
pub const OPENID_SCOPES: [&str; 3] = [OPENID, EMAIL, PROFILE];

/// Whether a scope token is one of this server itself.
pub(super) fn is_of_server(token: &str) -> bool {
    OPENID_SCOPES.contains(&token)
}

impl Scope {
    /// Whether the set has this token.
    pub(crate) fn has(&self, token: &str) -> bool {
        self.iter().any(|known| known == token)
    }

    /// These scopes of a resource, and the scopes of this server that are asked for. They are offered together.
    pub(crate) fn with_openid(&self, asked: Option<&str>) -> Self {
        let of_server = asked.unwrap_or_default().split(' ').filter(|token| is_of_server(token));
        let of_server: Vec<_> = of_server.collect();
        if of_server.is_empty() { self.clone() } else { self.union(&Self::of(of_server)) }
    }

    /// The scopes that a resource offers, and those of this server.
    pub(crate) fn kept_with_openid(&self, offered: &Self) -> Self {
        if offered.covers(self) {
            return self.clone();
        }
        Self::of(self.iter().filter(|token| is_of_server(token) || offered.has(token)).collect())
    }

    /// Whether the set has a scope of a resource.
    pub(crate) fn is_for_resource(&self) -> bool {
        self.iter().any(|token| !is_of_server(token))
    }

    /// The scopes of a resource.
    pub(super) fn for_resource(&self) -> Self {
        Self::of(self.iter().filter(|token| !is_of_server(token)).collect())
    }
}

impl Profile {
    /// What of it a client with this scope may read.
    pub(crate) fn allowed_by(&self, scope: &Scope) -> Self {
        let Self { email, name } = self;
        Self {
            email: email.clone().filter(|_| scope.has(EMAIL)),
            name: name.clone().filter(|_| scope.has(PROFILE)),
        }
    }

    /// The scope that can be granted: without `email` and `profile` where there is no address or name to read. RFC 6749
    /// §3.3 allows that, because the token response says which scope was granted.
    pub(crate) fn grantable(&self, scope: &Scope) -> GrantedScope {
        let is_empty = |token: &str| match token {
            EMAIL => self.email.is_none(),
            PROFILE => self.name.is_none(),
            _ => false,
        };
        if !scope.iter().any(is_empty) {
            return GrantedScope { scope: scope.clone(), dropped: Scope::default() };
        }
        let (dropped, kept) = scope.iter().partition(|token| is_empty(token));
        GrantedScope { scope: Scope::of(kept), dropped: Scope::of(dropped) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{DisplayName, EmailAddress};

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn scopes_of_the_server_are_granted_to_whom_asks_for_them_beside_those_of_the_resource() {
        let offered = scope("files user");
        for (asked, granted, dropped) in [
            (None, "files user", ""),
            (Some("user"), "user", ""),
            (Some("openid"), "files openid user", ""),
            (Some("openid profile email offline_access"), "email files openid profile user", ""),
            (Some("openid user"), "openid user", ""),
            (Some("openid claudeai"), "files openid user", "claudeai"),
            (Some("OPENID phone"), "files user", "OPENID phone"),
        ] {
            let got = offered.with_openid(asked).granted_to(asked).unwrap();
            assert_eq!((got.scope.as_str(), got.dropped.as_str()), (granted, dropped), "{asked:?}");
        }
    }

    #[test]
    fn a_refresh_keeps_and_narrows_them() {
        let (held, offered) = (scope("email files openid user"), scope("user"));
        let left = held.kept_with_openid(&offered);
        assert_eq!(left, scope("email openid user"));
        assert!(left.is_for_resource() && !scope("email openid").is_for_resource());
        for (asked, granted) in [
            (None, "email openid user"),
            (Some("user"), "user"),
            (Some("openid user"), "openid user"),
            (Some("openid"), "openid user"),
            (Some("profile"), "email openid user"),
        ] {
            assert_eq!(left.granted_to(asked).unwrap().scope.as_str(), granted, "{asked:?}");
        }
        assert_eq!(offered.kept_with_openid(&offered), offered);
    }

    #[test]
    fn a_scope_without_anything_to_read_is_not_granted() {
        let email = EmailAddress::parse("a@b.example");
        let name = DisplayName::parse("A");
        let asked = scope("email files openid profile");
        for (profile, granted) in [
            (Profile { email: email.clone(), name: name.clone() }, "email files openid profile"),
            (Profile { email: None, name: name.clone() }, "files openid profile"),
            (Profile { email: email.clone(), name: None }, "email files openid"),
            (Profile::default(), "files openid"),
        ] {
            let got = profile.grantable(&asked);
            assert_eq!(got.scope.as_str(), granted);
            assert_eq!(got.dropped.union(&got.scope), asked);
        }
        let all = Profile { email, name };
        assert_eq!(all.allowed_by(&asked), all);
        assert_eq!(all.allowed_by(&scope("files openid")), Profile::default());
    }
}
