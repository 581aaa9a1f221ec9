//! The edge function, run by Node.js as by Lambda@Edge: once for every response of the origin.

use doorward::wire::Response;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// One Node.js process for all tests of a process.
struct Edge {
    _node: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

static EDGE: OnceLock<Mutex<Edge>> = OnceLock::new();

/// Passes a response through the edge function, which may change its headers.
pub fn pass(mut response: Response) -> Response {
    let mut edge = EDGE.get_or_init(|| Mutex::new(Edge::start())).lock().expect("the lock is not poisoned");
    let told = json!({ "status": response.status().as_str(), "headers": write(response.headers()) });
    writeln!(edge.to, "{told}").expect("Node.js runs");
    let mut line = String::new();
    edge.from.read_line(&mut line).expect("Node.js runs");
    let changed: Value = serde_json::from_str(&line).expect("a response");
    *response.headers_mut() = read(&changed["headers"]);
    response
}

impl Edge {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/edge.mjs");
        let node = Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut node = node.expect("Node.js is installed");
        let (to, from) = (node.stdin.take().expect("a pipe"), node.stdout.take().expect("a pipe"));
        Self { _node: node, to, from: BufReader::new(from) }
    }
}

/// Headers in CloudFront's format: lists of values by lower-case names.
fn write(headers: &HeaderMap) -> Value {
    let mut lists = Map::new();
    for (name, value) in headers {
        let one = json!({ "key": name.as_str(), "value": value.to_str().expect("text") });
        let list = lists.entry(name.as_str()).or_insert_with(|| json!([]));
        list.as_array_mut().expect("a list").push(one);
    }
    Value::Object(lists)
}

fn read(headers: &Value) -> HeaderMap {
    let lists = headers.as_object().expect("headers");
    let pairs = lists.iter().flat_map(|(name, list)| {
        list.as_array().expect("a list").iter().map(move |one| {
            let value = one["value"].as_str().expect("a value");
            (HeaderName::try_from(name).expect("a name"), HeaderValue::try_from(value).expect("a value"))
        })
    });
    pairs.fold(HeaderMap::new(), |mut headers, (name, value)| {
        headers.append(name, value);
        headers
    })
}
