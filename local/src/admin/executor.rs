//! Executes an operator's command in JSON, for a server that runs and for a store without one.

use super::attempts::AttemptCommand;
use super::keys::{KeyCommand, KeysRefused, RootKeys};
use crate::log::Recent;
use doorward::jose::Object;
use doorward::operator::{Command, Operator, Output};
use doorward::ports::Entropy;
use doorward::wire::{Actor, Event, EventKind, correlation};
use doorward_signing::{SystemEntropy, deadline_in};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How long a command may take that closes many grants. Afterwards its answer says to repeat it.
const LIMIT: Duration = Duration::from_secs(9);

/// The operator's commands, with the root secrets.
pub(crate) struct Executor {
    operator: Operator,
    keys: Arc<RootKeys>,
    /// The last events of the server that runs.
    recent: Option<Recent>,
}

/// A command that was executed or refused.
#[derive(Debug)]
pub(crate) struct Executed {
    /// The answer. A refusal has `errorType` and `errorMessage`, as the answer of a function on AWS.
    pub(crate) answer: Value,
    /// The event for the log. `None` if the command changed nothing.
    pub(crate) event: Option<Box<Event>>,
}

impl Executed {
    pub(super) fn refused(kind: &str, why: &impl ToString) -> Self {
        Self { answer: json!({ "errorType": kind, "errorMessage": why.to_string() }), event: None }
    }
}

impl Executor {
    /// The commands for these stores. `of` gets the root secrets as the source of keys.
    pub(crate) fn new(keys: RootKeys, of: impl FnOnce(Arc<RootKeys>) -> Operator) -> Self {
        let keys = Arc::new(keys);
        Self { operator: of(keys.clone()), keys, recent: None }
    }

    /// The same commands, with the last events of the server that runs.
    pub(crate) fn with(self, recent: Recent) -> Self {
        Self { recent: Some(recent), ..self }
    }

    /// Executes a command that the user with this id sent.
    pub(crate) async fn execute(&self, asked: Value, uid: Option<u32>) -> Executed {
        let executed = match self.run(asked).await {
            Ok(Output { answer, event }) => Executed { answer, event: event.map(Box::new) },
            Err(refused) => refused,
        };
        let complete = |event: Box<Event>| Event {
            by: Some(Actor::Operator),
            uid,
            correlation: Some(correlation::id(&SystemEntropy as &dyn Entropy)),
            ..*event
        };
        Executed { event: executed.event.map(complete).map(Box::new), ..executed }
    }

    async fn run(&self, asked: Value) -> Result<Output, Executed> {
        if asked["command"].as_str().is_some_and(|name| AttemptCommand::NAMES.contains(&name)) {
            let command: AttemptCommand = read(asked)?;
            let answer = command.answer(self.recent.as_ref());
            let answer = answer.map_err(|why| Executed::refused("CommandRefused", &why))?;
            return Ok(Output { answer, event: None });
        }
        if asked["command"].as_str().is_some_and(|name| KeyCommand::NAMES.contains(&name)) {
            let command: KeyCommand = read(asked)?;
            let is_change = !matches!(command, KeyCommand::ListKeys {});
            let executed = self.keys.execute(command).await;
            return executed.map_err(|why| Executed {
                event: attempted(&why).filter(|_| is_change).map(Box::new),
                ..Executed::refused("KeysRefused", &why)
            });
        }
        let command: Command = read(asked)?;
        let executed = self.operator.execute(command, &deadline_in(LIMIT)).await;
        executed.map_err(|why| Executed::refused("CommandRefused", &why))
    }
}

/// The event of a change that failed, if it may have written something.
fn attempted(why: &KeysRefused) -> Option<Event> {
    let reason = Some(format!("not completed: {why}"));
    matches!(why, KeysRefused::Failed(_)).then(|| Event { reason, ..Event::new(EventKind::KeysChanged) })
}

fn read<T: DeserializeOwned>(asked: Value) -> Result<T, Executed> {
    let read = serde_json::from_value(asked).map(|Object(command)| command);
    read.map_err(|error| Executed::refused("NoCommand", &error))
}
