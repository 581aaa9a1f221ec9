//! The commands about what clients and users tried: they read the last events of the server that runs.

use super::discovered::{Discovered, joined};
use crate::log::{Discovery, Kept, Recent};
use doorward::rules::Rule;
use doorward::wire::EventKind;
use serde::Deserialize;
use serde_json::{Value, json};
use strum::VariantNames;
use thiserror::Error;

/// A command about attempts. As JSON: `{"command": "explain", "id": "0123456789"}`.
#[derive(Deserialize, VariantNames)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum AttemptCommand {
    /// Shows the lines of a correlation id, what it means, and the lines beside them.
    Explain {
        /// The correlation id.
        id: String,
    },
    /// Shows what a client or a user tried, step by step.
    Trace {
        /// A client id or its end in the log, a user, or a grant.
        of: String,
    },
}

/// Why a command about attempts has no answer.
#[derive(Debug, Error)]
pub(super) enum NoAttempt {
    #[error(
        "no line has the correlation id {0}: the server keeps the last 4,096 events since its start; look in its log for older ones"
    )]
    NoId(String),
    #[error(
        "no line is of {0}: give a whole client id, its end in the log (..f_PqJnbw), a user or a grant; the server keeps the last \
         4,096 events since its start"
    )]
    NoSubject(String),
    #[error("the server is stopped, and keeps the last events in memory only; look in its log")]
    Stopped,
}

impl AttemptCommand {
    /// The names of these commands.
    pub(super) const NAMES: &'static [&'static str] = Self::VARIANTS;

    /// Answers from the events that are kept. `None` if no server runs.
    pub(super) fn answer(&self, recent: Option<&Recent>) -> Result<Value, NoAttempt> {
        let recent = recent.ok_or(NoAttempt::Stopped)?;
        match self {
            Self::Explain { id } => explain(id, &recent.around(id)),
            Self::Trace { of } => trace(of, &recent.of(of), recent.discoveries()),
        }
    }
}

fn explain(id: &str, found: &[Kept]) -> Result<Value, NoAttempt> {
    let (asked, beside): (Vec<_>, Vec<_>) = found.iter().partition(|kept| kept.has(id));
    if asked.is_empty() {
        return Err(NoAttempt::NoId(id.to_owned()));
    }
    let rules: Vec<_> = asked.iter().filter_map(|kept| kept.event().rule).map(described).collect();
    let lines = |kept: Vec<&Kept>| kept.into_iter().map(|kept| kept.json().into()).collect::<Vec<Value>>();
    Ok(json!({ "id": id, "lines": lines(asked), "rules": rules, "beside": lines(beside) }))
}

fn described(rule: &Rule) -> Value {
    let Rule { name, section, fault, cause, cure, .. } = rule;
    json!({ "name": name, "section": section, "who": fault.name(), "cause": cause, "cure": cure })
}

fn trace(of: &str, found: &[Kept], discoveries: Vec<Discovery>) -> Result<Value, NoAttempt> {
    let last = found.last().ok_or_else(|| NoAttempt::NoSubject(of.to_owned()))?;
    let discovered = joined(discoveries, found);
    let done = found.iter().map(|kept| {
        let mut step = kept.json();
        step.insert("step".to_owned(), step_of(kept.event().kind).into());
        (kept.time(), Value::from(step))
    });
    let mut steps: Vec<_> = discovered.iter().map(Discovered::step).chain(done).collect();
    // Of the same second, discovery is first: this sort keeps the order.
    steps.sort_by_key(|(time, _)| *time);
    let steps: Vec<_> = steps.into_iter().map(|(_, step)| step).collect();
    let stopped = last.event().rule.map(described);
    Ok(json!({ "of": of, "steps": steps, "stopped": stopped }))
}

/// The step of an attempt that an event ends.
fn step_of(kind: EventKind) -> &'static str {
    match kind {
        EventKind::ClientRegistered => "registered",
        EventKind::SignedIn => "signed in",
        EventKind::Consented => "consented",
        EventKind::Denied => "denied",
        EventKind::CodeSpent => "redeemed",
        EventKind::Refreshed
        | EventKind::RefreshedLate
        | EventKind::IssuedToClient
        | EventKind::IssuedByAssertion => "got tokens",
        EventKind::ToolCalled => "called",
        EventKind::Revoked | EventKind::Superseded | EventKind::SignedOut | EventKind::PersonDisabled => {
            "ended"
        }
        EventKind::Refused
        | EventKind::SignInFailed
        | EventKind::CodeReplayed
        | EventKind::RefreshReused
        | EventKind::TokenInactive
        | EventKind::UpstreamFailed
        | EventKind::UpstreamRefused => "stopped",
        _ => "changed",
    }
}
