//! What an operator reads: the answer of a command as sentences or as a table.

mod attempts;

use crate::log::Utc;
use doorward::ports::Timestamp;
use serde_json::Value;
use std::fmt::Write;

/// The name of the list in an answer, if the command lists.
pub(super) fn list_of(command: &str) -> Option<&'static str> {
    Some(match command {
        "list-people" => "people",
        "list-grants" => "grants",
        "list-clients" => "clients",
        "list-blocks" => "blocks",
        "list-keys" => "keys",
        _ => return None,
    })
}

/// The answer of a command, as lines of text.
pub(super) fn text(command: &str, answer: &Value) -> String {
    match command {
        "list-people" => people(answer),
        "list-grants" => grants(answer),
        "list-clients" => clients(answer),
        "list-blocks" => blocks(answer),
        "list-keys" => keys(answer),
        "explain" => attempts::explained(answer),
        "trace" => attempts::traced(answer),
        _ => sentences(command, answer),
    }
}

fn sentences(command: &str, answer: &Value) -> String {
    let name = plain(&answer["name"]);
    let client = plain(&answer["client_id"]);
    let password = match &answer["password"] {
        Value::Null => String::new(),
        password => format!("The password, which is shown only now: {}\n", plain(password)),
    };
    match command {
        "add-person" => format!("{name} is added.\n{password}"),
        "set-password" => {
            format!("{name} has another password, and the sessions of before have ended.\n{password}")
        }
        "set-email" => {
            let what = match &answer["email"] {
                Value::Null => "no email address now".to_owned(),
                email => format!("the email address {}", plain(email)),
            };
            format!("{name} has {what}, and the sessions of before have ended. {KEEP}\n")
        }
        "disable-person" => format!("{name} is disabled and signed out. {}", closed(answer)),
        "sign-out" => format!("{name} is signed out everywhere. {}", closed(answer)),
        "enable-person" => format!("{name} can sign in again.\n"),
        "unlock-person" => format!(
            "{name} can try passwords again. Wrong passwords of this hour: {} in new browsers, {} in known browsers.\n",
            plain(&answer["in_unknown_browsers"]),
            plain(&answer["in_known_browsers"]),
        ),
        "revoke-grant" if answer["was_open"] == true => {
            format!("The grant {} is closed. {STILL_VALID}\n", plain(&answer["grant"]))
        }
        "revoke-grant" => format!("The grant {} was closed already.\n", plain(&answer["grant"])),
        "revoke-grants" => closed(answer),
        "add-client" => added(answer),
        "remove-client" => format!("{client} is removed.\n"),
        "block-client" | "unblock-client" => {
            let state = if answer["blocked"] == true { "blocked" } else { "not blocked" };
            let unknown = match answer.get("known") {
                None => "",
                Some(_) => {
                    " This command does not see whether the server's settings have a client with this id: check it."
                }
            };
            format!("{} is {state} now.{unknown}\n", plain(&answer["block"]))
        }
        "rotate-keys" | "forget-key" | "new-secret" => changed_keys(command, answer),
        _ => format!("{answer}\n"),
    }
}

/// What a new address does not change.
const KEEP: &str = "Clients that are connected keep what the user allowed, until they connect again.";

/// What a closed grant does not end (RFC 7009 §3).
const STILL_VALID: &str = "Access tokens that were issued are accepted until they expire, except by an MCP server that introspects them, \
                           and with immediate-revocation.";

fn closed(answer: &Value) -> String {
    let closed = match answer["grants_closed"].as_u64() {
        None | Some(0) => "0 grants were closed.".to_owned(),
        Some(1) => format!("1 grant was closed. {STILL_VALID}"),
        Some(count) => format!("{count} grants were closed. {STILL_VALID}"),
    };
    match &answer["repeat_now"] {
        Value::Null => format!("{closed}\n"),
        why => format!("{closed} Others may still be open ({}): run the command again.\n", plain(why)),
    }
}

fn added(answer: &Value) -> String {
    let mut text = format!("client_id      {}\n", plain(&answer["client_id"]));
    if !answer["client_secret"].is_null() {
        let _ = writeln!(text, "client_secret  {}", plain(&answer["client_secret"]));
        text.push_str("The secret is shown only now.\n");
    }
    text
}

fn changed_keys(command: &str, answer: &Value) -> String {
    let restart = answer["restart_from"].as_u64().map(|from| time(&Value::from(from)));
    let restart = restart.unwrap_or_default();
    match command {
        "rotate-keys" => format!(
            "A root secret was added. A server that runs publishes its public keys now, one that is stopped from its next start on. \
             Restart the server after {restart}: from then on the new secret is in use. What the older ones made stays valid.\n{}",
            keys(answer)
        ),
        _ if restart.is_empty() => format!("{}{}", removed(command), keys(answer)),
        _ => format!(
            "{} Restart the server now: until then it works with the secrets of before.\n{}",
            removed(command).trim_end(),
            keys(answer)
        ),
    }
}

fn removed(command: &str) -> &'static str {
    if command == "forget-key" {
        "The root secret was removed: what it made is refused.\n"
    } else {
        "There is one new root secret: what the older ones made is refused. Add pre-registered clients again.\n"
    }
}

fn people(answer: &Value) -> String {
    table(&["NAME", "SIGN-IN", "AT THE PROVIDER", "EMAIL"], &answer["people"], |person| {
        let state = if person["disabled"] == true { "disabled" } else { "enabled" };
        vec![plain(&person["name"]), state.to_owned(), plain(&person["called"]), plain(&person["email"])]
    })
}

fn grants(answer: &Value) -> String {
    let heads = ["GRANT", "CLIENT", "SCOPE", "RESOURCE", "OPENED", "LAST REFRESH", "STATE", "CLIENT ID"];
    table(&heads, &answer["grants"], |grant| {
        let client = if grant["client_name"].is_null() { &grant["client"] } else { &grant["client_name"] };
        let state = match (&grant["closed"], &grant["doubted_at"]) {
            (Value::Null, Value::Null) => "open".to_owned(),
            (Value::Null, _) => "in doubt".to_owned(),
            (closed, _) => format!("closed: {}", words(&plain(&closed[1]))),
        };
        let refreshed = match (&grant["last_used_at"], &grant["closed"]) {
            (Value::Null, Value::Null) => "never".to_owned(),
            (Value::Null, _) => "not kept".to_owned(),
            (at, _) => time(at),
        };
        vec![
            plain(&grant["grant"]),
            shortened(client),
            plain(&grant["scope"]),
            plain(&grant["resource"]),
            time(&grant["opened_at"]),
            refreshed,
            state,
            // The last column: an id can have two thousand characters, and is copied whole.
            plain(&grant["client"]),
        ]
    })
}

fn clients(answer: &Value) -> String {
    table(&["CLIENT ID", "NAME", "SHOWS", "REDIRECT URIS", "STATE"], &answer["clients"], |client| {
        let uris: Vec<_> = client["redirect_uris"].as_array().into_iter().flatten().map(plain).collect();
        let state = if client["blocked"] == true { "blocked" } else { "" };
        let [id, name, shows] = ["client_id", "client_name", "shows"].map(|key| plain(&client[key]));
        vec![id, name, shows, uris.join(" "), state.to_owned()]
    })
}

fn blocks(answer: &Value) -> String {
    table(&["BLOCKED"], &answer["blocks"], |block| vec![plain(block)])
}

fn keys(answer: &Value) -> String {
    table(&["KEY", "USE"], &answer["keys"], |key| {
        let use_of = match plain(&key["state"]).as_str() {
            "in-use" => "is in use".to_owned(),
            "after-restart" => "is used after a restart: restart the server now".to_owned(),
            "waits" => format!("is used after a restart from {} on", time(&key["from"])),
            _ => "is accepted".to_owned(),
        };
        vec![plain(&key["key"]), use_of]
    })
}

/// A table of this list, with columns as wide as their longest cell.
fn table(heads: &[&str], list: &Value, row: impl Fn(&Value) -> Vec<String>) -> String {
    let rows: Vec<_> = list.as_array().into_iter().flatten().map(row).collect();
    if rows.is_empty() {
        return "There are none.\n".to_owned();
    }
    let heads = heads.iter().map(|head| (*head).to_owned()).collect();
    let rows: Vec<_> = std::iter::once(heads).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row: &Vec<String>| row[column].chars().count()).max();
    let widths: Vec<_> = (0..rows[0].len()).map(|column| width(column).unwrap_or_default()).collect();
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A value as text. Clients choose their names, so control characters are shown and not sent to the terminal.
pub(super) fn plain(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars()
        .map(|c| if changes_the_text(c) { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

/// Whether a character is none to see, and changes what others look like: a control, a line end of Unicode, or a mark of
/// direction.
fn changes_the_text(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// A name such as `SignedOut` as words.
fn words(name: &str) -> String {
    let spaced =
        name.chars().map(|c| if c.is_uppercase() { format!(" {}", c.to_lowercase()) } else { c.to_string() });
    spaced.collect::<String>().trim_start().to_owned()
}

/// A client in a table: an id can have two thousand characters.
fn shortened(client: &Value) -> String {
    let text = plain(client);
    match text.char_indices().nth(48) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn time(seconds: &Value) -> String {
    seconds.as_u64().map(|seconds| Utc(Timestamp(seconds)).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
