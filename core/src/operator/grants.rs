//! The operator's commands for grants.

use crate::operator::execute::Operator;
use crate::operator::outcome::{CommandError, Output, done, seen};
use crate::ports::{Deadline, Timestamp};
use crate::protocol::{ClientName, GrantId, Installation, Subject};
use crate::store::connections::{Closing, Ended};
use crate::store::{CloseReason, Closed, Grant, State};
use crate::wire::{Actor, Event, EventKind};
use serde::Serialize;
use serde_json::json;

impl Operator {
    pub(super) async fn grants(
        &self,
        subject: &Subject,
        after: Option<GrantId>,
    ) -> Result<Output, CommandError> {
        let page = self.stores.grants().list_of(subject, after).await?;
        if page.is_empty() && after.is_none() {
            self.check_record(subject).await?;
        }
        let next = page.last().map(|last| last.id.to_string());
        let grants: Vec<_> = page.iter().map(listed).collect();
        Ok(seen(json!({ "grants": grants, "after": next })))
    }

    pub(super) async fn revoke(&self, grant: GrantId) -> Result<Output, CommandError> {
        match self.stores.grants().close(grant, self.clock.now(), CloseReason::Operator).await? {
            Closed::Unknown => Err(CommandError::UnknownGrant(grant)),
            closed => {
                let answer = json!({ "grant": grant.to_string(), "was_open": closed == Closed::Now });
                Ok(done(
                    answer,
                    Event { grant: Some(grant), by: Some(Actor::Operator), ..Event::new(EventKind::Revoked) },
                ))
            }
        }
    }

    pub(super) async fn revoke_all(
        &self,
        subject: Subject,
        deadline: &Deadline,
    ) -> Result<Output, CommandError> {
        let ended = self.close_all(&subject, CloseReason::Operator, deadline).await;
        if ended.closed == 0 && ended.rest.is_none() {
            self.check_subject(&subject).await?;
        }
        let (reason, by) = (Some(ended.reason()), Some(Actor::Operator));
        let event = Event { reason, by, person: subject.person().cloned(), ..Event::new(EventKind::Revoked) };
        let mut answer = json!({ "person": subject, "grants_closed": ended.closed });
        if let Some(rest) = ended.rest {
            answer["repeat_now"] = json!(rest.to_string());
        }
        Ok(done(answer, event))
    }

    /// Refuses a user or client that has neither a grant nor a record. An application can have users without records.
    async fn check_subject(&self, subject: &Subject) -> Result<(), CommandError> {
        if self.stores.grants().list_of(subject, None).await?.is_empty() {
            self.check_record(subject).await?;
        }
        Ok(())
    }

    async fn check_record(&self, subject: &Subject) -> Result<(), CommandError> {
        match subject {
            Subject::Person(name) => match self.stores.people().find(name).await? {
                Some(_) => Ok(()),
                None => Err(CommandError::UnknownUser(name.clone())),
            },
            Subject::Client(id) => match self.stores.clients().find(id).await? {
                Some(_) => Ok(()),
                None => Err(CommandError::NoGrants(id.clone())),
            },
        }
    }

    pub(super) async fn close_all(&self, subject: &Subject, why: CloseReason, deadline: &Deadline) -> Ended {
        let (store, now) = (&**self.stores.grants(), self.clock.now());
        Closing { store, subject, now, why, deadline }.run().await
    }
}

#[derive(Serialize)]
struct ListedGrant<'a> {
    grant: String,
    client: &'a str,
    client_name: Option<&'a ClientName>,
    installation: Option<&'a Installation>,
    scope: String,
    resource: &'a str,
    opened_at: Timestamp,
    expires_at: Timestamp,
    /// The time of the last refresh, of an open grant that was refreshed. Calls of the MCP server are not recorded, so it can be earlier than the last use
    /// by the lifetime of an access token.
    last_used_at: Option<Timestamp>,
    doubted_at: Option<Timestamp>,
    closed: Option<(Timestamp, CloseReason)>,
    /// The issuer whose assertion opened the grant, if it was not the user.
    issuer: Option<&'a str>,
}

fn listed(grant: &Grant) -> ListedGrant<'_> {
    let (last_used_at, doubted_at, closed) = match &grant.state {
        State::Open(chain) => ((0 < chain.head).then(|| chain.last_used()), chain.doubted, None),
        State::Closed { at, why } => (None, None, Some((*at, *why))),
    };
    ListedGrant {
        grant: grant.id.to_string(),
        client: &grant.client.0,
        client_name: grant.client_name.as_ref(),
        installation: grant.installation.as_ref(),
        scope: grant.scope.to_string(),
        resource: grant.resource.as_str(),
        opened_at: grant.opened_at,
        expires_at: grant.expires_at,
        last_used_at,
        doubted_at,
        closed,
        issuer: grant.issuer.as_deref(),
    }
}
