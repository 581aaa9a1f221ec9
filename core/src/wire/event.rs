//! What happened: events leave the core beside the response, and whoever runs it writes them down.

use crate::protocol::{ClientId, GrantId, PersonId};
use crate::wire::message::Response;
use std::fmt;

/// Something that an operator may want to know later. It never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The client it happened to.
    pub client: Option<ClientId>,
    /// The person it happened to.
    pub person: Option<PersonId>,
    /// The grant it happened to.
    pub grant: Option<GrantId>,
    /// The error code of a refusal.
    pub code: Option<&'static str>,
    /// The precise rule that refused.
    pub reason: Option<String>,
    /// Who did it, where more than one could have.
    pub by: Option<Actor>,
    /// The id of the answer that it belongs to, which whoever asked was told.
    pub correlation: Option<String>,
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The client.
    Client,
    /// The person, on the account's page.
    Person,
    /// An operator.
    Operator,
}

impl Actor {
    fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Person => "person",
            Self::Operator => "operator",
        }
    }
}

/// The kinds of event, each with a stable name: `docs/audit.md` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A client registered itself.
    ClientRegistered,
    /// A person signed in.
    SignedIn,
    /// A name and password did not match.
    SignInFailed,
    /// A person let a client in.
    Consented,
    /// A person turned a client away.
    Denied,
    /// A code was spent and tokens were issued.
    CodeSpent,
    /// A code was brought back a second time.
    CodeReplayed,
    /// A refresh token was used, or used again in time, and tokens were issued.
    Refreshed,
    /// A client was given a token for itself.
    IssuedToClient,
    /// A refresh token was used again after the window, and was excused: nobody had used its successor.
    RefreshedLate,
    /// A stale refresh token was brought and refused; its grant is in doubt, or closed.
    RefreshReused,
    /// A grant that was in doubt was closed, since its person had signed in at the same client again.
    Superseded,
    /// A grant was taken back.
    Revoked,
    /// A person ended the session of one browser.
    SessionEnded,
    /// An operator made a person known.
    PersonAdded,
    /// An operator gave a person another password.
    PasswordSet,
    /// An operator let a person sign in no more, and ended their grants.
    PersonDisabled,
    /// An operator let a person sign in again.
    PersonEnabled,
    /// A person's sessions and grants were ended.
    SignedOut,
    /// An operator made a client known.
    ClientAdded,
    /// An operator had a client forgotten.
    ClientRemoved,
    /// An operator blocked a client.
    ClientBlocked,
    /// An operator let a client go on.
    ClientUnblocked,
    /// An operator changed the keys.
    KeysChanged,
    /// A request was refused.
    Refused,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::ClientRegistered,
        Self::SignedIn,
        Self::SignInFailed,
        Self::Consented,
        Self::Denied,
        Self::CodeSpent,
        Self::CodeReplayed,
        Self::Refreshed,
        Self::IssuedToClient,
        Self::RefreshedLate,
        Self::RefreshReused,
        Self::Superseded,
        Self::Revoked,
        Self::SessionEnded,
        Self::PersonAdded,
        Self::PasswordSet,
        Self::PersonDisabled,
        Self::PersonEnabled,
        Self::SignedOut,
        Self::ClientAdded,
        Self::ClientRemoved,
        Self::ClientBlocked,
        Self::ClientUnblocked,
        Self::KeysChanged,
        Self::Refused,
    ];

    /// The name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClientRegistered => "client_registered",
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::Consented => "consented",
            Self::Denied => "denied",
            Self::CodeSpent => "code_spent",
            Self::CodeReplayed => "code_replayed",
            Self::Refreshed => "refreshed",
            Self::IssuedToClient => "issued_to_client",
            Self::RefreshedLate => "refreshed_late",
            Self::RefreshReused => "refresh_reused",
            Self::Superseded => "superseded",
            Self::Revoked => "revoked",
            Self::SessionEnded => "session_ended",
            Self::PersonAdded => "person_added",
            Self::PasswordSet => "password_set",
            Self::PersonDisabled => "person_disabled",
            Self::PersonEnabled => "person_enabled",
            Self::SignedOut => "signed_out",
            Self::ClientAdded => "client_added",
            Self::ClientRemoved => "client_removed",
            Self::ClientBlocked => "client_blocked",
            Self::ClientUnblocked => "client_unblocked",
            Self::KeysChanged => "keys_changed",
            Self::Refused => "refused",
        }
    }
}

/// The events of one response, in its extensions.
#[derive(Clone, Debug, Default)]
pub struct Events(pub Vec<Event>);

impl Events {
    /// Adds to the events that are beside a response what only its author knows.
    pub(crate) fn complete(response: &mut Response, add: impl Fn(&mut Event)) {
        response
            .extensions_mut()
            .get_mut::<Self>()
            .into_iter()
            .flat_map(|events| &mut events.0)
            .for_each(add);
    }
}

impl Event {
    /// An event of which nothing more is known yet.
    pub fn new(kind: EventKind) -> Self {
        let (client, person, grant, code, reason) = (None, None, None, None, None);
        Self { kind, client, person, grant, code, reason, by: None, correlation: None }
    }

    /// Puts the event beside `response`.
    pub fn beside(self, mut response: Response) -> Response {
        response.extensions_mut().get_or_insert_default::<Events>().0.push(self);
        response
    }
}

impl fmt::Display for Event {
    /// One line of `name key=value …`; values are quoted where they hold anything but plain characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        let mut pair = |key: &str, value: Option<String>| match value {
            None => Ok(()),
            Some(value) if value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/@".contains(&b)) => {
                write!(f, " {key}={value}")
            }
            Some(value) => write!(f, " {key}={value:?}"),
        };
        pair("code", self.code.map(str::to_owned))?;
        pair("reason", self.reason.clone())?;
        pair("person", self.person.as_ref().map(ToString::to_string))?;
        pair("client", self.client.as_ref().map(|client| shorten(&client.0)))?;
        pair("grant", self.grant.map(|grant| grant.to_string()))?;
        pair("by", self.by.map(|by| by.name().to_owned()))?;
        pair("correlation", self.correlation.clone())
    }
}

/// A client id can be two thousand characters long; its end is part of a signature and tells it apart.
fn shorten(id: &str) -> String {
    let end = id.len().saturating_sub(12);
    if id.len() > 40 && id.is_char_boundary(end) { format!("..{}", &id[end..]) } else { id.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_lists_every_name_and_no_other() {
        let document = include_str!("../../../docs/audit.md");
        let listed = document.lines().skip_while(|line| !line.starts_with("| name |")).skip(2);
        let names: Vec<_> = listed
            .map_while(|line| line.strip_prefix("| "))
            .flat_map(|row| row.split(" | ").next().unwrap_or_default().split(", "))
            .map(|name| name.trim_matches('`'))
            .collect();
        for what in EventKind::ALL {
            assert!(names.contains(&what.name()), "{}", what.name());
        }
        assert_eq!(names.len(), EventKind::ALL.len(), "{names:?}");
    }
}
