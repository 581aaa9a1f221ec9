//! The descriptions of scopes, for users.

use crate::language::{Filled, Language};
use crate::protocol::{OfferedScope, Profile};

/// The operator's description of a scope, or else our own.
pub(super) fn described(offered: &OfferedScope, language: &Language) -> String {
    let scope = offered.scope.to_string();
    offered.description.clone().unwrap_or_else(|| match scope.as_str() {
        "user" => language.see_who_you_are.to_string(),
        _ => language.use_permission.plain("scope", &scope),
    })
}

/// What a client may read about the user, with the values that it gets.
pub(super) fn about(profile: &Profile, language: &Language) -> Vec<Filled> {
    let email = profile.email.as_ref().map(|email| language.see_email.with("email", email));
    let name = profile.name.as_ref().map(|name| language.see_name.with("name", name.as_str()));
    email.into_iter().chain(name).collect()
}
