//! What a client saw of a server, and in what two of these differ.

use serde_json::{Map, Value};

/// The output of a client; see tests/upstreams/transcript.py.
pub(crate) struct Transcript {
    pub(crate) seen: Value,
    /// The headers of a request as the server received them, if it has a tool that says so.
    pub(crate) sent: Option<Map<String, Value>>,
}

impl Transcript {
    pub(crate) fn of(output: &[u8]) -> Self {
        let mut seen: Value = serde_json::from_slice(output).unwrap();
        let sent = seen["results"].as_object_mut().unwrap().remove("sent").map(|result| {
            assert_ne!(result["isError"], Value::Bool(true), "{result}");
            serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap()
        });
        Self { seen, sent }
    }
}

/// The places where two values differ, one a line.
pub(crate) fn differences(direct: &Value, through: &Value) -> String {
    let mut found = String::new();
    compare("", direct, through, &mut found);
    found
}

fn compare(place: &str, direct: &Value, through: &Value, found: &mut String) {
    match (direct, through) {
        (Value::Object(one), Value::Object(other)) => {
            for name in one.keys().chain(other.keys().filter(|name| !one.contains_key(*name))) {
                compare(&format!("{place}/{name}"), &direct[name], &through[name], found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (number, (one, other)) in one.iter().zip(other).enumerate() {
                compare(&format!("{place}/{number}"), one, other, found);
            }
        }
        _ if direct == through => {}
        _ => {
            let [direct, through] =
                [direct, through].map(|value| value.to_string().chars().take(300).collect::<String>());
            found.push_str(&format!("{place}: direct {direct}, through the gateway {through}\n"));
        }
    }
}
