//! An MCP server on standard input and output, for tests. It does what real servers do, and what they should not do.
//!
//! `--silent` answers nothing, `--refusing` refuses to initialize, `--older` knows no `server/discover`, `--stubborn` goes on
//! after the end of its input, `--noisy` writes to standard error.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the streams are the transport")]

use serde_json::{Value, json};
use std::io::{BufRead, Write, stdin, stdout};
use std::process::{Command, Stdio, exit};
use std::thread::sleep;
use std::time::Duration;

fn main() {
    let flags: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    if has("--sleep") {
        sleep(Duration::from_secs(600));
        return;
    }
    if has("--noisy") {
        eprintln!("started\n\n{}", "x".repeat(10_000));
    }
    let mut server = Server { is_older: has("--older"), ..Server::default() };
    for line in stdin().lock().lines() {
        let Ok(line) = line else { break };
        if has("--silent") {
            continue;
        }
        let Ok(message) = serde_json::from_str::<Value>(&line) else { exit(4) };
        if has("--refusing") && message["method"] == "initialize" {
            say(
                &json!({ "jsonrpc": "2.0", "id": message["id"], "error": { "code": -32602, "message": "no" } }),
            );
        } else {
            server.hear(&line, &message);
        }
    }
    if has("--stubborn") {
        sleep(Duration::from_secs(600));
    }
}

#[derive(Default)]
struct Server {
    is_older: bool,
    /// The ids of calls of `hold`.
    held: Vec<Value>,
    /// The id of the call that waits for the client, by the id of the question.
    asking: Vec<(Value, Value)>,
    /// The ids of `subscriptions/listen`.
    listening: Vec<Value>,
    /// The cancellations that came.
    cancelled: Vec<Value>,
}

impl Server {
    fn hear(&mut self, line: &str, message: &Value) {
        let (id, params) = (&message["id"], &message["params"]);
        let count = params["count"].as_u64().unwrap_or(1);
        match message["method"].as_str() {
            None => self.answered(id, message),
            Some("initialize") => reply(
                id,
                &json!({
                    "protocolVersion": params["protocolVersion"],
                    "capabilities": { "tools": {} },
                    "serverInfo": { "name": "stdio-server", "version": "1" },
                }),
            ),
            Some("server/discover") if !self.is_older => {
                reply(id, &json!({ "supportedVersions": ["2026-07-28"] }));
            }
            Some("tools/list") => reply(id, &json!({ "tools": [] })),
            Some("resources/list") => reply(id, &json!({ "resources": [] })),
            Some("echo") => reply(id, &json!({ "line": line, "pid": std::process::id() })),
            Some("environment") => {
                let variables = std::env::vars().map(|(name, value)| (name, Value::from(value)));
                reply(id, &Value::Object(variables.collect()));
            }
            Some("hold") => self.held.push(id.clone()),
            Some("release") => {
                self.held.drain(..).rev().for_each(|held| reply(&held, &json!({ "was": held })));
            }
            Some("count") => {
                for step in 1..=count {
                    tell(
                        "notifications/progress",
                        &json!({ "progressToken": params["_meta"]["progressToken"], "progress": step }),
                    );
                }
                reply(id, &json!({ "counted": count }));
            }
            Some("remark") => {
                (1..=count).for_each(|number| tell("notifications/message", &json!({ "number": number })));
                reply(id, &json!({}));
            }
            Some("remark_later") => {
                reply(id, &json!({}));
                let padding =
                    "x".repeat(params["size"].as_u64().and_then(|size| size.try_into().ok()).unwrap_or(0));
                for number in 1..=count {
                    tell("notifications/message", &json!({ "number": number, "padding": padding }));
                }
            }
            Some("count_later") => {
                reply(id, &json!({}));
                let token = &params["_meta"]["progressToken"];
                tell("notifications/progress", &json!({ "progressToken": token, "progress": 1 }));
            }
            Some("ask") => {
                let question = json!(format!("question-{}", self.asking.len()));
                say(&json!({ "jsonrpc": "2.0", "id": question, "method": "roots/list" }));
                self.asking.push((question, id.clone()));
            }
            Some("subscriptions/listen") => {
                self.listening.push(id.clone());
                tell("notifications/subscriptions/acknowledged", &subscription(id));
            }
            Some("change") => {
                self.listening
                    .iter()
                    .for_each(|id| tell("notifications/tools/list_changed", &subscription(id)));
                reply(id, &json!({}));
            }
            Some("close_streams") => {
                for id in self.listening.drain(..) {
                    tell("notifications/cancelled", &json!({ "requestId": id }));
                }
                reply(id, &json!({}));
            }
            Some("notifications/cancelled") => self.cancelled.push(params["requestId"].clone()),
            Some("cancellations") => reply(id, &json!({ "cancelled": self.cancelled, "held": self.held })),
            Some("grandchild") => reply(id, &json!({ "pid": grandchild() })),
            Some("garbage") => {
                println!(
                    "no message\n\n[]\n{{\"jsonrpc\":\"2.0\",\"id\":999999,\"result\":{{}}}}\n\u{FEFF}{{}}"
                );
                reply(id, &json!({}));
            }
            Some("long") => reply(id, &json!("x".repeat(usize::try_from(count).unwrap_or_default()))),
            Some("crash") => exit(3),
            Some(_) if !id.is_null() => {
                let error = json!({ "code": -32601, "message": "unknown" });
                say(&json!({ "jsonrpc": "2.0", "id": id, "error": error }));
            }
            Some(_) => {}
        }
    }

    /// The client has answered a question.
    fn answered(&mut self, question: &Value, message: &Value) {
        if let Some(at) = self.asking.iter().position(|(asked, _)| asked == question) {
            let (_, id) = self.asking.remove(at);
            reply(&id, &json!({ "heard": message["result"] }));
        }
    }
}

fn subscription(id: &Value) -> Value {
    json!({ "_meta": { "io.modelcontextprotocol/subscriptionId": id } })
}

/// A process that holds the standard streams of this one.
fn grandchild() -> Option<u32> {
    let own = std::env::current_exe().ok()?;
    Some(Command::new(own).arg("--sleep").stdin(Stdio::null()).spawn().ok()?.id())
}

fn reply(id: &Value, result: &Value) {
    say(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
}

fn tell(method: &str, params: &Value) {
    say(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
}

fn say(message: &Value) {
    println!("{message}");
    let _ = stdout().flush();
}
