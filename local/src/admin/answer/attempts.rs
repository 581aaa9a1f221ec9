//! What an operator reads about attempts.

use super::plain;
use serde_json::Value;
use std::fmt::Write;

/// The keys that the text has in places of its own, or that say nothing to an operator who reads the rule.
const ELSEWHERE: [&str; 7] = ["time", "level", "event", "step", "rule", "section", "fix"];

/// The lines of a correlation id, the rules, and the lines beside them.
pub(super) fn explained(answer: &Value) -> String {
    let mut text = String::new();
    for line in entries(&answer["lines"]) {
        let _ =
            writeln!(text, "{} {} {}", plain(&line["time"]), plain(&line["level"]), plain(&line["event"]));
        text.push_str(&details(line));
    }
    for rule in entries(&answer["rules"]) {
        text.push_str(&described(rule));
    }
    let beside = entries(&answer["beside"]);
    if !beside.is_empty() {
        text.push_str("\nBeside it, of the same client, user, grant or address:\n");
        beside.iter().for_each(|line| text.push_str(&short(line, &plain(&line["event"]))));
    }
    text
}

/// The steps of a client or a user, and where the last attempt stopped.
pub(super) fn traced(answer: &Value) -> String {
    let mut text = String::new();
    for step in entries(&answer["steps"]) {
        match &step["guess"] {
            Value::Null => text.push_str(&short(step, &plain(&step["step"]))),
            guess => text.push_str(&discovered(step, &plain(guess))),
        }
    }
    match &answer["stopped"] {
        Value::Null => text.push_str("\nThe last step was done.\n"),
        rule => {
            text.push_str("\nIt stopped here:\n");
            text.push_str(&described(rule));
        }
    }
    text
}

/// A step of discovery, which has no correlation id, as one line of the table.
fn discovered(step: &Value, guess: &str) -> String {
    let part = |name: &str| plain(&step[name]);
    let times = if step["times"] == 1 { String::new() } else { format!(", {} times", part("times")) };
    let (time, what, status) = (part("time"), part("what"), part("status"));
    format!("{time}  discovered    {what}: {status}{times}  ({guess})\n")
}

fn described(rule: &Value) -> String {
    let part = |name: &str| plain(&rule[name]);
    format!(
        "rule     {} ({})\ncause    {}\nfix      {}\nwho      {}\n",
        part("name"),
        part("section"),
        part("cause"),
        part("cure"),
        part("who")
    )
}

/// A line as one line of a table: when, what, by which rule, and why.
fn short(line: &Value, what: &str) -> String {
    let rule = match &line["rule"] {
        Value::Null => String::new(),
        rule => format!("  {}", plain(rule)),
    };
    let why = match &line["reason"] {
        Value::Null => String::new(),
        why => format!("  {}", plain(why)),
    };
    format!("{}  {what:<12}  {}{rule}{why}\n", plain(&line["time"]), plain(&line["correlation"]))
}

fn details(line: &Value) -> String {
    let members = line.as_object().into_iter().flatten();
    let shown = members.filter(|(key, _)| !ELSEWHERE.contains(&key.as_str()));
    shown.map(|(key, value)| format!("{key:<12} {}\n", plain(value))).collect()
}

fn entries(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}
