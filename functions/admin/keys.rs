//! Operators' commands about keys.

use crate::Kept;
use doorward::operator::Output;
use doorward::ports::{Clock, Timestamp};
use doorward::wire::{Event, EventKind};
use doorward_parameters::{Ensured, KeysError, Known, Roots};
use doorward_signing::{SystemClock, SystemEntropy};
use serde::Deserialize;
use serde_json::{Value, json};

/// A command about keys. As JSON: `{"command": "rotate-keys"}`.
#[derive(Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Command {
    /// Lists the keys, ordered by their times.
    ListKeys {},
    /// Creates the first key, completes a change that was interrupted, and publishes what is missing. Otherwise it
    /// changes nothing.
    EnsureKeys {},
    /// Key rotation: creates a key. It is used as soon as every function accepts it.
    RotateKeys {},
    /// Removes a key. Everything that it signed or sealed becomes invalid.
    ForgetKey {
        /// The key's time, which identifies it.
        from: Timestamp,
    },
}

/// Whether a request is a command about keys.
pub(crate) fn is_about_keys(asked: &Value) -> bool {
    asked["command"].as_str().is_some_and(|name| name.ends_with("-key") || name.ends_with("-keys"))
}

/// The event of a change that failed, if it may have written something: the alarm for operators counts it.
fn attempted(why: &KeysError) -> Option<Event> {
    let may_have_written = matches!(why, KeysError::Contended | KeysError::Unanswered(_));
    let reason = Some(format!("not completed: {why}"));
    may_have_written.then(|| Event { reason, ..Event::new(EventKind::KeysChanged) })
}

/// Executes a command. `log` gets the event of a change that failed halfway.
pub(crate) async fn execute(kept: &Kept, command: Command, log: impl Fn(Event)) -> Result<Output, KeysError> {
    let is_change = !matches!(command, Command::ListKeys {});
    let executed = run(kept, command).await;
    if let (true, Err(why)) = (is_change, &executed) {
        attempted(why).into_iter().for_each(log);
    }
    executed
}

async fn run(kept: &Kept, command: Command) -> Result<Output, KeysError> {
    let roots = Roots::new(&kept.parameters, &kept.names);
    let now = SystemClock.now();
    let (known, changed) = match command {
        Command::ListKeys {} => (roots.list(now).await?, false),
        Command::EnsureKeys {} => {
            let Ensured { keys, written } = roots.ensure(&SystemEntropy, now).await?;
            (keys, !written.is_empty())
        }
        Command::RotateKeys {} => (roots.rotate(&SystemEntropy, now).await?, true),
        Command::ForgetKey { from } => (roots.forget(from, now).await?, true),
    };
    let event = changed.then(|| Event { reason: Some(times(&known)), ..Event::new(EventKind::KeysChanged) });
    Ok(Output { answer: json!({ "keys": known }), event })
}

fn times(known: &[Known]) -> String {
    let times: Vec<_> = known.iter().map(|key| key.from.0.to_string()).collect();
    format!("keys from {}", times.join(", "))
}
