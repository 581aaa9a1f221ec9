//! What a person has let in: their grants, all together.

use crate::ports::{CLOCK_SKEW, Timestamp};
use crate::protocol::{GrantId, PersonId};
use crate::store::error::StoreError;
use crate::store::grants::{Closed, Grant, Grants};
use crate::store::lifecycle::{Chain, CloseReason, State};

/// Closes every open grant of a person; how many there were.
pub(crate) async fn close_all(
    store: &dyn Grants,
    person: &PersonId,
    now: Timestamp,
    why: CloseReason,
) -> Result<u32, StoreError> {
    let (mut closed, mut after) = (0, None);
    loop {
        let page = store.grants_of(person, after).await?;
        let Some(last) = page.last() else { return Ok(closed) };
        after = Some(last.id);
        for grant in page.iter().filter(|grant| is_open(grant, now)) {
            if store.close(grant.id, now, why).await? == Closed::Now {
                closed += 1;
            }
        }
    }
}

/// Whether the person of a grant that is in doubt has let the same client in to the same resource since. It takes as many questions as
/// the person has pages of grants, and only a grant in doubt has to ask.
pub(crate) async fn is_superseded(
    store: &dyn Grants,
    doubted: &Grant,
    since: Timestamp,
) -> Result<bool, StoreError> {
    let mut after = None;
    loop {
        let page = store.grants_of(&doubted.person, after).await?;
        let Some(last) = page.last() else { return Ok(false) };
        after = Some(last.id);
        let again = |grant: &Grant| {
            grant.id != doubted.id
                && grant.client == doubted.client
                && grant.resource == doubted.resource
                && since <= grant.opened_at.after(CLOCK_SKEW)
        };
        if page.iter().any(again) {
            return Ok(true);
        }
    }
}

/// Whether the tokens of a grant are worth anything now: one in doubt has ended when its person signed in again.
pub(crate) async fn holds(store: &dyn Grants, grant: GrantId, now: Timestamp) -> Result<bool, StoreError> {
    let Some(grant) = store.grant(grant).await?.filter(|grant| is_open(grant, now)) else { return Ok(false) };
    match grant.state {
        State::Open(Chain { doubted: Some(since), .. }) => {
            is_superseded(store, &grant, since).await.map(|ended| !ended)
        }
        State::Open(_) | State::Closed { .. } => Ok(true),
    }
}

/// Whether anything may still come of a grant. One that nobody has refreshed for long is among them: its tokens carry their
/// own end.
pub(crate) fn is_open(grant: &Grant, now: Timestamp) -> bool {
    now < grant.expires_at && matches!(grant.state, State::Open(_))
}
