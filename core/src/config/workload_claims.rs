//! The claims that a rule for a workload names, and how a token is compared with them.

use crate::protocol::shortened;
use serde_json::{Map, Value};
use thiserror::Error;

/// Claims with their values. A value that is an object names claims of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadClaims(Map<String, Value>);

/// Claims that are an id, and never that of another owner: of GitHub (`repository_id`, `repository_owner_id`), GitLab
/// (`project_id`, `namespace_id`) and Microsoft Entra (`oid`). The `sub` is the platform's own word for the workload.
const IDS: [&str; 6] = ["sub", "repository_id", "repository_owner_id", "project_id", "namespace_id", "oid"];
/// The same, in an object of any claim: of Kubernetes.
const NESTED_ID: &str = "uid";

impl WorkloadClaims {
    /// Reads claims with their values: texts, numbers, booleans, or objects of such.
    ///
    /// # Errors
    /// [`InvalidWorkloadClaims`] for another value, and if no claim is an id.
    pub fn new(claims: Map<String, Value>) -> Result<Self, InvalidWorkloadClaims> {
        check(&claims, "")?;
        match IDS.iter().any(|id| claims.contains_key(*id)) || has_nested_id(&claims) {
            true => Ok(Self(claims)),
            false => Err(InvalidWorkloadClaims::NoId),
        }
    }

    /// The claims with their values.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The first claim that a token does not have, or has with another value. `None` if the token fits.
    pub(crate) fn mismatch(&self, token: &Map<String, Value>) -> Option<String> {
        mismatch(&self.0, token, "")
    }

    /// Whether each token that fits `narrower` fits these claims too, as far as it can be seen.
    pub(super) fn include(&self, narrower: &Self) -> bool {
        includes(&self.0, &narrower.0)
    }
}

fn check(claims: &Map<String, Value>, above: &str) -> Result<(), InvalidWorkloadClaims> {
    if claims.is_empty() {
        return Err(InvalidWorkloadClaims::Empty(above.to_owned()));
    }
    for (name, value) in claims {
        let path = below(above, name);
        match value {
            Value::Object(inner) => check(inner, &path)?,
            Value::String(text) if text.is_empty() => return Err(InvalidWorkloadClaims::Empty(path)),
            Value::String(text) if text.contains('*') => {
                return Err(InvalidWorkloadClaims::Wildcard(path, text.clone()));
            }
            Value::String(_) | Value::Number(_) | Value::Bool(_) => {}
            Value::Null | Value::Array(_) => return Err(InvalidWorkloadClaims::Value(path)),
        }
    }
    Ok(())
}

fn has_nested_id(claims: &Map<String, Value>) -> bool {
    claims.iter().any(|(name, value)| name == NESTED_ID || value.as_object().is_some_and(has_nested_id))
}

fn mismatch(expected: &Map<String, Value>, token: &Map<String, Value>, above: &str) -> Option<String> {
    expected.iter().find_map(|(name, value)| {
        let path = below(above, name);
        match (value, token.get(name)) {
            (_, None) => Some(format!("{path} is missing")),
            (Value::Object(inner), Some(Value::Object(held))) => mismatch(inner, held, &path),
            (_, Some(held)) => {
                (!is(value, held)).then(|| format!("{path} is {}", shortened(&held.to_string())))
            }
        }
    })
}

/// Whether a claim is this value, or a list that contains it. A number and its digits as a text are two values.
fn is(expected: &Value, held: &Value) -> bool {
    match held {
        Value::Array(list) => list.contains(expected),
        one => one == expected,
    }
}

fn includes(wider: &Map<String, Value>, narrower: &Map<String, Value>) -> bool {
    wider.iter().all(|(name, value)| match (value, narrower.get(name)) {
        (Value::Object(wider), Some(Value::Object(narrower))) => includes(wider, narrower),
        (_, other) => other == Some(value),
    })
}

/// The path of a claim, for messages alone.
fn below(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") }
}

/// Why the claims of a rule are refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidWorkloadClaims {
    /// No claim is an id.
    #[error(
        "its claims name no id, and a name can be given to another owner; add {}, or a {NESTED_ID} in any claim", IDS.join(", ")
    )]
    NoId,
    /// A claim, or all of them, has no value.
    #[error("its claims are empty{}; add a value", if .0.is_empty() { String::new() } else { format!(" at {}", .0) })]
    Empty(String),
    /// A value looks like a pattern.
    #[error(
        "its claim {0} is {1:?}: claims are compared exactly, and * is no wildcard; name the whole value"
    )]
    Wildcard(String, String),
    /// A value is neither a text, a number nor a boolean.
    #[error(
        "its claim {0} must be one text, number or boolean; a claim that is a list is compared with each of its values"
    )]
    Value(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(value: &Value) -> Result<WorkloadClaims, InvalidWorkloadClaims> {
        WorkloadClaims::new(value.as_object().unwrap().clone())
    }

    fn fits(rule: &Value, token: &Value) -> bool {
        claims(rule).unwrap().mismatch(token.as_object().unwrap()).is_none()
    }

    #[test]
    fn claims_are_compared_exactly_and_a_list_has_to_contain_the_value() {
        let pod =
            json!({ "kubernetes.io": { "namespace": "a", "serviceaccount": { "name": "b", "uid": "u-1" } } });
        for (rule, token, expected) in [
            (json!({ "sub": "a" }), json!({ "sub": "a", "more": 1 }), true),
            (json!({ "sub": "a" }), json!({ "sub": "A" }), false),
            (json!({ "sub": "a" }), json!({ "sub": "a " }), false),
            (json!({ "sub": "a" }), json!({}), false),
            (json!({ "sub": "a" }), json!({ "sub": null }), false),
            (json!({ "sub": "1" }), json!({ "sub": 1 }), false),
            (json!({ "sub": 1 }), json!({ "sub": "1" }), false),
            (json!({ "sub": 1 }), json!({ "sub": 1 }), true),
            (json!({ "sub": 1 }), json!({ "sub": 1.0 }), false),
            (json!({ "sub": "a", "x": true }), json!({ "sub": "a", "x": true }), true),
            (json!({ "sub": "a", "x": true }), json!({ "sub": "a", "x": "true" }), false),
            (json!({ "sub": "a", "x": "b" }), json!({ "sub": "a", "x": ["c", "b"] }), true),
            (json!({ "sub": "a", "x": "b" }), json!({ "sub": "a", "x": ["c"] }), false),
            (json!({ "sub": "a", "x": "b" }), json!({ "sub": "a", "x": [["b"]] }), false),
            (json!({ "sub": "a", "x": "b" }), json!({ "sub": "a", "x": { "b": "b" } }), false),
            (json!({ "kubernetes.io": { "serviceaccount": { "uid": "u-1" } } }), pod.clone(), true),
            (json!({ "kubernetes.io": { "serviceaccount": { "uid": "u-2" } } }), pod.clone(), false),
            (
                json!({ "kubernetes.io": { "serviceaccount": { "uid": "u-1" } } }),
                json!({ "kubernetes.io": ["u-1"] }),
                false,
            ),
            (
                json!({ "sub": "a", "kubernetes": { "io": "x" } }),
                json!({ "sub": "a", "kubernetes.io": "x" }),
                false,
            ),
        ] {
            assert_eq!(fits(&rule, &token), expected, "{rule} {token}");
        }
    }

    #[test]
    fn a_rule_names_an_id_and_whole_values() {
        for id in IDS {
            assert!(claims(&json!({ id: "1" })).is_ok(), "{id}");
        }
        assert!(claims(&json!({ "a": { "b": { "uid": "1" } } })).is_ok());
        for (wrong, expected) in [
            (json!({ "repository": "acme/app", "ref": "refs/heads/main" }), InvalidWorkloadClaims::NoId),
            (json!({ "a": { "repository_id": "1" } }), InvalidWorkloadClaims::NoId),
            (json!({}), InvalidWorkloadClaims::Empty(String::new())),
            (json!({ "sub": "" }), InvalidWorkloadClaims::Empty("sub".to_owned())),
            (json!({ "sub": "a", "b": {} }), InvalidWorkloadClaims::Empty("b".to_owned())),
            (
                json!({ "sub": "repo:a/*" }),
                InvalidWorkloadClaims::Wildcard("sub".to_owned(), "repo:a/*".to_owned()),
            ),
            (json!({ "sub": ["a"] }), InvalidWorkloadClaims::Value("sub".to_owned())),
            (json!({ "sub": "a", "b": { "c": null } }), InvalidWorkloadClaims::Value("b.c".to_owned())),
        ] {
            assert_eq!(claims(&wrong), Err(expected), "{wrong}");
        }
    }

    #[test]
    fn wider_claims_are_seen() {
        let includes =
            |wider: Value, narrower: Value| claims(&wider).unwrap().include(&claims(&narrower).unwrap());
        let wide = || json!({ "sub": "a" });
        assert!(includes(wide(), wide()));
        assert!(includes(wide(), json!({ "sub": "a", "ref": "main" })));
        assert!(!includes(json!({ "sub": "a", "ref": "main" }), wide()));
        assert!(!includes(wide(), json!({ "sub": "b" })));
        let nested = |inner: Value| json!({ "sub": "a", "x": inner });
        assert!(includes(nested(json!({ "uid": "1" })), nested(json!({ "uid": "1", "name": "n" }))));
        assert!(!includes(nested(json!({ "uid": "1", "name": "n" })), nested(json!({ "uid": "1" }))));
    }
}
