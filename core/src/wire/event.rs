//! Events for the log. They leave the core in the extensions of the response, and the adapter writes them to the log.

use crate::protocol::{ClientId, GrantId, PersonId, Resource};
use crate::rules::Rule;
use crate::wire::message::Response;
use crate::wire::trace::TraceId;
use crate::wire::user_agent::UserAgent;
use http::HeaderValue;
use strum::{IntoStaticStr, VariantArray};

/// An event that an operator may want to find later in the log. It never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The kind of event.
    pub kind: EventKind,
    /// The client that is concerned.
    pub client: Option<ClientId>,
    /// The name of the client that a refused request is of, as the client or its introducer states it. Behind the name of a
    /// document is the host that publishes it.
    pub client_name: Option<String>,
    /// The user who is concerned.
    pub person: Option<PersonId>,
    /// The grant that is concerned.
    pub grant: Option<GrantId>,
    /// The rule of a refusal or a failure.
    pub rule: Option<&'static Rule>,
    /// The precise reason, such as the rule that a request broke.
    pub reason: Option<String>,
    /// The actor that caused the event, if several kinds of actors can cause it.
    pub by: Option<Actor>,
    /// The operator's user id on this host (POSIX), if a process of this host sent the command.
    pub uid: Option<u32>,
    /// The call of a tool that the event is about.
    pub call: Option<CalledTool>,
    /// A parameter that the client sent, and that this server ignored.
    pub ignored: Option<&'static str>,
    /// The software that the request claims to come from: of a refusal or a failure, a registration, and a redeemed code.
    pub user_agent: Option<UserAgent>,
    /// The correlation id of the response that the event belongs to. The caller gets the same id.
    pub correlation: Option<String>,
    /// The trace of the request that the event belongs to, if the caller named one.
    pub trace: Option<TraceId>,
}

/// The call of a tool. Its arguments are never logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalledTool {
    /// The resource.
    pub resource: Resource,
    /// The name of the tool, as the client sent it.
    pub tool: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// How long it took until the answer began.
    pub milliseconds: u128,
}

/// The actor that caused an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Actor {
    /// The client.
    Client,
    /// The user, on the account page.
    Person,
    /// An operator.
    Operator,
}

impl Actor {
    pub(super) fn name(self) -> &'static str {
        self.into()
    }
}

/// The kinds of events. Each has a stable name, which `docs/audit.md` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum EventKind {
    /// A client registered itself (dynamic client registration).
    ClientRegistered,
    /// A user signed in.
    SignedIn,
    /// A sign-in failed: a wrong name or password, the rate limit, or a refusal after the identity provider.
    SignInFailed,
    /// A user authorized a client.
    Consented,
    /// A user denied a client.
    Denied,
    /// An authorization code was spent, and tokens were issued.
    CodeSpent,
    /// An authorization code was presented a second time (replay).
    CodeReplayed,
    /// A refresh token was used, or used again within the window, and tokens were issued.
    Refreshed,
    /// A client got a token for itself (`client_credentials`).
    IssuedToClient,
    /// A client got a token for an identity assertion (ID-JAG).
    IssuedByAssertion,
    /// A late refresh token was used again after the window, and excused: its successor was unused.
    RefreshedLate,
    /// A stale refresh token was presented and refused. Its grant is in doubt, or closed.
    RefreshReused,
    /// A grant in doubt was closed, because its user had signed in at the same client again.
    Superseded,
    /// A grant was revoked.
    Revoked,
    /// A resource server introspected a token that is not active, or not for it.
    TokenInactive,
    /// A user signed out in one browser.
    SessionEnded,
    /// An operator added a user.
    PersonAdded,
    /// An operator set another password for a user, or the user changed it.
    PasswordSet,
    /// An operator set or removed a user's email address.
    EmailSet,
    /// An operator disabled a user, and ended the user's grants.
    PersonDisabled,
    /// An operator enabled a user again.
    PersonEnabled,
    /// An operator reset a user's counts of wrong passwords.
    PersonUnlocked,
    /// All sessions and grants of a user were ended.
    SignedOut,
    /// An operator added a pre-registered client.
    ClientAdded,
    /// An operator removed a pre-registered client.
    ClientRemoved,
    /// An operator blocked a pre-registered client.
    ClientBlocked,
    /// An operator unblocked a pre-registered client.
    ClientUnblocked,
    /// An operator created or removed a key (key rotation).
    KeysChanged,
    /// An MCP server behind the gateway gave no answer, or one that no client may get.
    UpstreamFailed,
    /// An MCP server behind the gateway refused the gateway's credentials.
    UpstreamRefused,
    /// A tool of an MCP server was called.
    ToolCalled,
    /// A request was refused.
    Refused,
}

impl EventKind {
    /// All kinds of events.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The name in the log, from the variant.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The events of one response, which are in its extensions.
#[derive(Clone, Debug, Default)]
pub struct Events(pub Vec<Event>);

impl Events {
    /// Applies `add` to every event of `response`, to set fields that were unknown when the event was created.
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
    /// Creates an event with no other fields set.
    pub fn new(kind: EventKind) -> Self {
        let (client, person, grant, reason) = (None, None, None, None);
        Self {
            kind,
            client,
            client_name: None,
            person,
            grant,
            rule: None,
            reason,
            by: None,
            uid: None,
            call: None,
            ignored: None,
            user_agent: None,
            correlation: None,
            trace: None,
        }
    }

    /// Creates the event of a request that broke this rule.
    pub fn refused(rule: &'static Rule, reason: &str) -> Self {
        Self { rule: Some(rule), reason: Some(reason.to_owned()), ..Self::new(EventKind::Refused) }
    }

    /// The error code of a refusal, or the kind of a failure.
    pub fn code(&self) -> Option<&'static str> {
        self.rule.map(|rule| rule.code)
    }

    /// Sets the software of the request, if the event has it. What happens again and again has none.
    pub(crate) fn come_from(&mut self, user_agent: Option<&HeaderValue>) {
        if self.rule.is_some() || [EventKind::ClientRegistered, EventKind::CodeSpent].contains(&self.kind) {
            self.user_agent = user_agent.and_then(UserAgent::read);
        }
    }

    /// Adds the event to the extensions of `response`.
    pub fn beside(self, mut response: Response) -> Response {
        response.extensions_mut().get_or_insert_default::<Events>().0.push(self);
        response
    }
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
