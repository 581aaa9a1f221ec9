//! The values of claims: what counts as absent or true, and the forms in which providers list groups.

use serde_json::{Map, Value};

/// The groups at this path: the name of a claim, or names with dots between.
pub(super) fn groups_at<'a>(claims: &'a Map<String, Value>, path: &str) -> Vec<&'a str> {
    at(claims, path, |value| !is_empty(value)).map(groups).unwrap_or_default()
}

/// Whether there is an empty list of groups at this path.
pub(super) fn is_empty_list_at(claims: &Map<String, Value>, path: &str) -> bool {
    let is_list = |value: &Value| value.is_array() || value.is_object();
    at(claims, path, |value| is_list(value) && is_empty(value)).is_some()
}

/// The wanted value at a path of names with dots between. A name may have dots itself: the longest name that leads to
/// such a value counts.
fn at<'a>(
    object: &'a Map<String, Value>,
    path: &str,
    is_wanted: impl Fn(&Value) -> bool + Copy,
) -> Option<&'a Value> {
    object.get(path).filter(|value| is_wanted(value)).or_else(|| {
        let mut names = path.rmatch_indices('.').map(|(dot, _)| (&path[..dot], &path[dot + 1..]));
        names.find_map(|(name, rest)| at(object.get(name)?.as_object()?, rest, is_wanted))
    })
}

/// The groups in a value: a text; in a list, each text and the `name` of each object; in an object, the name of each
/// member that is `true`, or an object or a list that is not empty.
fn groups(value: &Value) -> Vec<&str> {
    match value {
        Value::String(group) => vec![group],
        Value::Array(list) => {
            let names = list.iter().filter_map(|item| item.as_str().or_else(|| item.get("name")?.as_str()));
            names.filter(|name| !name.is_empty()).collect()
        }
        Value::Object(members) => {
            let counts = |value: &Value| match value {
                Value::Bool(member) => *member,
                Value::Object(_) | Value::Array(_) => !is_empty(value),
                _ => false,
            };
            members.iter().filter(|(_, value)| counts(value)).map(|(name, _)| name.as_str()).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a value is true. Some providers send a Boolean as text, such as Cognito.
pub(super) fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or(false) || value.as_str() == Some("true")
}

/// Whether a value counts as absent (OpenID Connect Core 1.0 §5.3.2).
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn groups_are_found_by_name_and_by_path_in_every_form() {
        for (path, token, expected) in [
            ("groups", json!({ "groups": ["x", 1, "", "y"] }), vec!["x", "y"]),
            ("groups", json!({ "groups": "x" }), vec!["x"]),
            ("groups", json!({ "groups": [{ "name": "x", "id": "1" }, { "id": "y" }, "z"] }), vec!["x", "z"]),
            (
                "groups",
                json!({ "groups": { "x": true, "y": { "org": "1" }, "z": ["a"] } }),
                vec!["x", "y", "z"],
            ),
            (
                "groups",
                json!({ "groups": { "a": false, "b": null, "c": {}, "d": [], "e": 1, "f": "true" } }),
                vec![],
            ),
            ("groups", json!({ "groups": true }), vec![]),
            ("realm_access.roles", json!({ "realm_access": { "roles": ["x"] } }), vec!["x"]),
            ("realm_access.roles", json!({ "realm_access.roles": ["y"] }), vec!["y"]),
            ("realm_access.roles", json!({ "realm_access": ["roles"], "roles": ["x"] }), vec![]),
            ("a.my.app.roles", json!({ "a": { "my.app": { "roles": ["x"] } } }), vec!["x"]),
            ("https://a.example/roles", json!({ "https://a.example/roles": ["x"] }), vec!["x"]),
            ("a.b", json!({ "a.b": [], "a": { "b": ["x"] } }), vec!["x"]),
        ] {
            assert_eq!(groups_at(token.as_object().unwrap(), path), expected, "{path} {token}");
        }
    }

    proptest! {
        #[test]
        fn no_path_panics(path in "[a.]{0,12}", name in "[a.]{0,6}") {
            let claims = json!({ "a": { "a": ["x"], &name: { "a": "y" } }, &name: "z" });
            groups_at(claims.as_object().unwrap(), &path);
        }
    }
}
