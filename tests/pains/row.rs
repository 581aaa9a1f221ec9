//! A row of the table of pains.

use crate::evidence::Evidence;
use crate::script::Change;
use doorward::rules::Rule;
use doorward::wire::EventKind;
use std::pin::Pin;

/// A part of the table: what the reader sees first.
pub(crate) struct Chapter {
    pub(crate) title: &'static str,
    pub(crate) pains: &'static [Pain],
}

/// A way in which a connection fails.
pub(crate) struct Pain {
    pub(crate) number: u8,
    /// What the user, the client's developer or the operator sees.
    pub(crate) symptom: &'static str,
    /// Why.
    pub(crate) cause: &'static str,
    /// What to do, where the rule or the doctor does not say it best. Empty otherwise.
    pub(crate) advice: &'static str,
    /// How this test provokes it.
    pub(crate) provoked: &'static str,
    /// Where it was reported.
    pub(crate) seen_in: &'static [&'static str],
    /// The rule by which Doorward refuses. `None` if the provocation succeeds for the user.
    pub(crate) rule: Option<&'static Rule>,
    /// What the log of Doorward has.
    pub(crate) line: Line,
    /// What the user or the client's developer gets from Doorward.
    pub(crate) page: Shown,
    /// What the doctor finds on another server that has this fault.
    pub(crate) doctor: Doctor,
    pub(crate) provoke: fn() -> Provoked,
}

pub(crate) type Provoked = Pin<Box<dyn Future<Output = Evidence>>>;

/// What the log has.
pub(crate) enum Line {
    /// The rule, its section and its fix, with these values in the reason.
    Names(&'static [&'static str]),
    /// The user is not hindered, and the line says what was done.
    Says(EventKind, &'static [&'static str]),
    /// No rule is broken here, and the line says what another server or the user has met.
    Tells(EventKind, &'static [&'static str]),
    /// A line of the local server, or a sentence at its start.
    Local(&'static [&'static str]),
    /// No line, and why.
    Quiet(&'static str),
}

/// What the user or the client's developer gets.
pub(crate) enum Shown {
    /// JSON with the rule, and these words in the description.
    Json(&'static [&'static str]),
    /// An error page with a link to the rule, and these words.
    Page(&'static [&'static str]),
    /// A page with these words, for a user who can go on.
    Hint(&'static [&'static str]),
    /// A redirect to the client with the rule, and these words in the description.
    Redirect(&'static [&'static str]),
    /// A challenge with the rule, and these words in the header.
    Challenge(&'static [&'static str]),
    /// A response that helps, with these words.
    Works(&'static [&'static str]),
    /// A sentence at the terminal.
    Terminal(&'static [&'static str]),
}

/// What the doctor says of another server.
pub(crate) enum Doctor {
    /// It finds this rule.
    Finds {
        rule: &'static str,
        /// Clients that stop, at once or later. Empty for what only concerns security.
        stops: &'static [&'static str],
        /// Words of what was seen.
        seen: &'static [&'static str],
        plant: Plant,
    },
    /// It cannot, and why.
    NotVisible(&'static str),
}

/// The fault that is planted.
pub(crate) enum Plant {
    /// In the scripted server.
    Change(Change),
    /// The same, on a server with client documents.
    WithDocuments(Change),
    /// A server that accepts connections and does not answer.
    Mute,
}
