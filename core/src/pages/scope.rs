//! A scope as a person reads it.

use crate::language::Language;
use crate::protocol::OfferedScope;

/// What a scope allows, as the operator says it, or else as we do.
pub(super) fn described(offered: &OfferedScope, language: &Language) -> String {
    let scope = offered.scope.to_string();
    offered.description.clone().unwrap_or_else(|| match scope.as_str() {
        "user" => language.see_who_you_are.to_string(),
        _ => language.use_permission.plain("scope", &scope),
    })
}
