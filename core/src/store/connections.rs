//! A user's connections: all their grants together.

use crate::ports::{CLOCK_SKEW, Timestamp};
use crate::protocol::{GrantId, Subject};
use crate::store::error::StoreError;
use crate::store::grants::{Closed, Grant, Grants};
use crate::store::lifecycle::{Chain, CloseReason, State};

/// Closes every open grant of a user, and returns how many it closed.
pub(crate) async fn close_all(
    store: &dyn Grants,
    subject: &Subject,
    now: Timestamp,
    why: CloseReason,
) -> Result<u32, StoreError> {
    let (mut closed, mut after) = (0, None);
    loop {
        let page = store.list_of(subject, after).await?;
        let Some(last) = page.last() else { return Ok(closed) };
        after = Some(last.id);
        for grant in page.iter().filter(|grant| is_open(grant, now)) {
            if store.close(grant.id, now, why).await? == Closed::Now {
                closed += 1;
            }
        }
    }
}

/// Whether the user of a grant in doubt has allowed the same client at the same resource again, after `since`. This
/// costs one query for each page of the user's grants. Only a grant in doubt needs it.
pub(crate) async fn is_superseded(
    store: &dyn Grants,
    doubted: &Grant,
    since: Timestamp,
) -> Result<bool, StoreError> {
    let mut after = None;
    loop {
        let page = store.list_of(&doubted.subject, after).await?;
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

/// Whether the tokens of a grant are valid now. A grant in doubt is not, once its user has signed in at the same
/// client again.
pub(crate) async fn holds(store: &dyn Grants, grant: GrantId, now: Timestamp) -> Result<bool, StoreError> {
    let Some(grant) = store.find(grant).await?.filter(|grant| is_open(grant, now)) else { return Ok(false) };
    match grant.state {
        State::Open(Chain { doubted: Some(since), .. }) => {
            is_superseded(store, &grant, since).await.map(|ended| !ended)
        }
        State::Open(_) | State::Closed { .. } => Ok(true),
    }
}

/// Whether a grant is open and has not expired. A grant that was not refreshed for long is still open: its refresh
/// tokens have their own expiry.
pub(crate) fn is_open(grant: &Grant, now: Timestamp) -> bool {
    now < grant.expires_at && matches!(grant.state, State::Open(_))
}
