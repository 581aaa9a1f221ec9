//! The description of a scope, for users.

use crate::language::Language;
use crate::protocol::OfferedScope;

/// The operator's description of a scope, or else our own.
pub(super) fn described(offered: &OfferedScope, language: &Language) -> String {
    let scope = offered.scope.to_string();
    offered.description.clone().unwrap_or_else(|| match scope.as_str() {
        "user" => language.see_who_you_are.to_string(),
        _ => language.use_permission.plain("scope", &scope),
    })
}
