//! Commands about grants.

use crate::operator::execute::Operator;
use crate::operator::outcome::{Done, Refused, done, seen};
use crate::ports::Timestamp;
use crate::protocol::{ClientName, GrantId, Installation, PersonId};
use crate::store::{Closed, Grant, State, Why, connections};
use crate::wire::{By, Event, What};
use serde::Serialize;
use serde_json::json;

impl Operator {
    pub(super) async fn grants(&self, person: &PersonId, after: Option<GrantId>) -> Result<Done, Refused> {
        let page = self.store.grants_of(person, after).await?;
        let next = page.last().map(|last| last.id.to_string());
        let shown: Vec<_> = page.iter().map(shown).collect();
        Ok(seen(json!({ "grants": shown, "after": next })))
    }

    pub(super) async fn revoke(&self, grant: GrantId) -> Result<Done, Refused> {
        match self.store.close(grant, self.clock.now(), Why::Operator).await? {
            Closed::Unknown => Err(Refused::Unknown),
            closed => {
                let answer = json!({ "grant": grant.to_string(), "was_open": closed == Closed::Now });
                Ok(done(
                    answer,
                    Event { grant: Some(grant), by: Some(By::Operator), ..Event::new(What::Revoked) },
                ))
            }
        }
    }

    pub(super) async fn revoke_all(&self, person: PersonId) -> Result<Done, Refused> {
        let now = self.clock.now();
        let closed = connections::close_all(&*self.store, &person, now, Why::Operator).await?;
        let answer = json!({ "person": person, "grants_closed": closed });
        let (reason, by) = (Some(format!("{closed} connections")), Some(By::Operator));
        Ok(done(answer, Event { reason, by, person: Some(person), ..Event::new(What::Revoked) }))
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    grant: String,
    client: &'a str,
    client_name: Option<&'a ClientName>,
    installation: Option<&'a Installation>,
    scope: String,
    resource: &'a str,
    opened_at: Timestamp,
    expires_at: Timestamp,
    /// To the precision of an access token's life: a call of the MCP server is written nowhere.
    last_used_at: Option<Timestamp>,
    doubted_at: Option<Timestamp>,
    closed: Option<(Timestamp, Why)>,
}

fn shown(grant: &Grant) -> Shown<'_> {
    let (last_used_at, doubted_at, closed) = match &grant.state {
        State::Open(chain) => (Some(chain.last_used()), chain.doubted, None),
        State::Closed { at, why } => (None, None, Some((*at, *why))),
    };
    Shown {
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
    }
}
