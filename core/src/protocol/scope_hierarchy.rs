//! Scopes that hold other scopes (MCP 2026-07-28, Authorization: a resource server accounts for hierarchies).

use crate::protocol::scope::Scope;
use std::collections::BTreeMap;
use thiserror::Error;

/// Which scopes a scope implies, over any number of steps. Tokens and responses name the scopes that were granted; only
/// the guard adds the implied ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeHierarchy(BTreeMap<String, Scope>);

/// A scope implies itself.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the scope {0} implies itself, directly or by another scope; remove one of the steps")]
pub struct CyclicScope(pub String);

impl ScopeHierarchy {
    /// The hierarchy in which each token of the first scope implies the second. A scope may occur several times.
    ///
    /// # Errors
    /// [`CyclicScope`] if a scope implies itself.
    pub fn new(pairs: impl IntoIterator<Item = (Scope, Scope)>) -> Result<Self, CyclicScope> {
        let mut steps = BTreeMap::<String, Scope>::new();
        for (scope, implied) in pairs {
            for token in scope.iter() {
                let known = steps.entry(token.to_owned()).or_default();
                *known = known.union(&implied);
            }
        }
        let direct = Self(steps);
        let closed = direct.0.iter().map(|(token, implied)| (token.clone(), direct.reached_from(implied)));
        let closed: BTreeMap<_, _> = closed.collect();
        match closed.iter().find(|(token, implied)| implied.iter().any(|one| one == *token)) {
            Some((token, _)) => Err(CyclicScope(token.clone())),
            None => Ok(Self(closed)),
        }
    }

    /// These scopes together with all that they imply.
    #[must_use]
    pub fn expand(&self, held: &Scope) -> Scope {
        held.iter().filter_map(|token| self.0.get(token)).fold(held.clone(), |all, one| all.union(one))
    }

    /// All scopes that the hierarchy names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|(token, implied)| std::iter::once(token.as_str()).chain(implied.iter()))
    }

    /// All scopes that these imply. Each round adds one at least, so this ends with cycles too.
    fn reached_from(&self, start: &Scope) -> Scope {
        let mut reached = start.clone();
        loop {
            let next = self.expand(&reached);
            if next == reached {
                return reached;
            }
            reached = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hierarchy(pairs: &[(&str, &str)]) -> Result<ScopeHierarchy, CyclicScope> {
        let scope = |text: &&str| Scope::parse(text).unwrap();
        ScopeHierarchy::new(pairs.iter().map(|(one, implied)| (scope(one), scope(implied))))
    }

    #[test]
    fn a_scope_holds_what_it_implies_over_all_steps() {
        let pairs = [("admin", "write"), ("write", "read"), ("admin", "audit"), ("audit", "log read")];
        let hierarchy = hierarchy(&pairs).unwrap();
        for (held, expanded) in [
            ("admin", "admin audit log read write"),
            ("write", "read write"),
            ("audit other", "audit log other read"),
            ("read", "read"),
            ("", ""),
        ] {
            assert_eq!(hierarchy.expand(&Scope::parse(held).unwrap()).to_string(), expanded, "{held}");
        }
        let nothing = ScopeHierarchy::default().expand(&Scope::parse("admin").unwrap());
        assert_eq!(nothing.to_string(), "admin");
    }

    #[test]
    fn a_cycle_is_refused() {
        for (pairs, scope) in [
            (&[("a", "a")][..], "a"),
            (&[("a", "b"), ("b", "a")], "a"),
            (&[("x", "a"), ("a", "b"), ("b", "c d"), ("c", "a")], "a"),
        ] {
            assert_eq!(hierarchy(pairs), Err(CyclicScope(scope.to_owned())), "{pairs:?}");
        }
        assert!(hierarchy(&[("a", "b c"), ("b", "c")]).is_ok(), "two ways are no cycle");
    }
}
