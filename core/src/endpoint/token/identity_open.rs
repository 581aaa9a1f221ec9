//! The exchange of an identity assertion, from the write that opens its grant to the token (replay; RFC 7523 §3).

use super::identity::{IdentityGrant, not_allowed};
use super::issue::{Contents, Issued, event, issue};
use crate::endpoint::trusted::replayed;
use crate::protocol::Refusal;
use crate::provider::Admission;
use crate::rules;
use crate::server::Server;
use crate::store::{Added, CloseReason, Closed, Grant, Login, Opened, Person, StoreError};
use crate::wire::{Event, EventKind, Events, Response};

/// Why the user of an assertion gets no token, although the assertion holds.
enum Turned {
    Away(Refusal, CloseReason),
    Unknown(StoreError),
}

impl IdentityGrant<'_> {
    /// Opens the grant, **then** reads the user. So of this exchange and a sign-out everywhere at the same time, at least one
    /// sees the other.
    pub(super) async fn open(self, server: &Server) -> Response {
        let grant = self.grant(server);
        match self.exchange(server, &grant).await {
            Ok(issued) => self.event(&grant).beside(issued.response()),
            Err(refusal) => {
                let mut refused = refusal.json(server);
                Events::complete(&mut refused, |event| {
                    event.person = Some(self.person.clone());
                    event.client = Some(self.caller.id.clone());
                    event.grant = Some(grant.id);
                });
                refused
            }
        }
    }

    async fn exchange(&self, server: &Server, grant: &Grant) -> Result<Issued, Refusal> {
        self.caller.settle(server).await?;
        let scope = grant.scope.clone();
        let contents = Contents { scope, signed_in_at: self.statement.signed_in_at, refresh_token: None };
        let issued = issue(server, grant, contents, self.now);
        let issued = issued.map_err(|failed| Refusal::temporarily_unavailable(&failed))?;
        let issued = issued.for_resource(&grant.resource);
        let opened = server.stores.grants().open(grant.clone()).await;
        match opened.map_err(|error| Refusal::temporarily_unavailable(&error))? {
            Opened::New => {}
            Opened::Already(_) => {
                return Err(replayed());
            }
        }
        match self.admit(server).await {
            Ok(()) => Ok(issued),
            Err(Turned::Away(refusal, why)) => Err(self.closed(server, grant, why, refusal).await),
            Err(Turned::Unknown(error)) => {
                let refusal = Refusal::temporarily_unavailable(&error);
                Err(self.closed(server, grant, CloseReason::Unconfirmed, refusal).await)
            }
        }
    }

    /// Whether the user may have the token: who is known is enabled, and who is unknown meets a rule and is added.
    async fn admit(&self, server: &Server) -> Result<(), Turned> {
        let people = server.stores.people();
        let known = people.find(&self.person).await.map_err(Turned::Unknown)?;
        match (known, &self.admission) {
            (Some(person), _) if person.disabled => {
                let disabled = rules::IDENTITY_USER_DISABLED.refuse("the user of the assertion is disabled");
                Err(Turned::Away(disabled, CloseReason::SignedOut))
            }
            // An address that is the id of a user of a provider would be that user.
            (Some(person), _) if !self.issuer.introduces() && person.password().is_none() => {
                self.turn_away("people-by is email, and the user with this name has no password here")
            }
            (Some(_), Admission::OnlyIfKnown(why)) if !self.have_all_met_the_rules(server) => {
                self.turn_away(why)
            }
            (Some(_), _) => Ok(()),
            (None, _) if !self.issuer.introduces() => {
                self.turn_away("no user has the email of the assertion as a name, and people-by is email")
            }
            (None, Admission::OnlyIfKnown(why)) => self.turn_away(why),
            (None, Admission::Admitted) => {
                let name = self.statement.claims.name().unwrap_or(&self.statement.claims.subject).to_owned();
                let new = Person::new(self.person.clone(), Login::Provider { name });
                match people.add(new).await.map_err(Turned::Unknown)? {
                    Added::New | Added::Already => Ok(()),
                }
            }
        }
    }

    /// Whether every user of this issuer who is known has met its rules once: a provider at which they sign in has the same.
    fn have_all_met_the_rules(&self, server: &Server) -> bool {
        let issuer = &self.issuer;
        let mut sign_ins = server.providers().iter().filter(|known| known.issuer() == issuer.people_as);
        sign_ins.all(|known| known.allowed() == issuer.allowed())
    }

    fn turn_away(&self, why: &str) -> Result<(), Turned> {
        Err(Turned::Away(not_allowed(why), CloseReason::Unconfirmed))
    }

    /// Closes the grant, which has no token. If that fails, it ends by itself.
    async fn closed(&self, server: &Server, grant: &Grant, why: CloseReason, refusal: Refusal) -> Refusal {
        match server.stores.grants().close(grant.id, self.now, why).await {
            Ok(Closed::Now | Closed::Already | Closed::Unknown) => refusal,
            Err(error) => {
                let reason =
                    format!("{}; its grant has no token, and could not be closed: {error}", refusal.reason());
                refusal.for_operator(&reason)
            }
        }
    }

    fn event(&self, grant: &Grant) -> Event {
        let issuer = self.issuer.issuer().url();
        let actor = self.statement.actor.as_ref();
        let reason = actor.map_or_else(|| issuer.to_owned(), |actor| format!("{issuer}; act is {actor}"));
        let event = event(EventKind::IssuedByAssertion, &self.caller, grant.id);
        Event { person: Some(self.person.clone()), reason: Some(reason), ..event }
    }
}
