//! A user's connections: all their grants together.

use crate::ports::{CLOCK_SKEW, Deadline, NoTimeLeft, Timestamp};
use crate::protocol::{GrantId, Subject};
use crate::store::error::StoreError;
use crate::store::grants::{Closed, Grant, Grants};
use crate::store::lifecycle::{Chain, CloseReason, State};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// How many grants are closed at the same time.
const AT_ONCE: usize = 16;

/// The closing of every grant of a user.
pub(crate) struct Closing<'a> {
    pub(crate) store: &'a dyn Grants,
    pub(crate) subject: &'a Subject,
    pub(crate) now: Timestamp,
    pub(crate) why: CloseReason,
    /// The deadline of the request. The rest is left for the next call.
    pub(crate) deadline: &'a Deadline,
}

/// What came of a [`Closing`].
#[must_use]
pub(crate) struct Ended {
    /// How many grants were closed.
    pub(crate) closed: u32,
    /// Why some grants may still be open.
    pub(crate) rest: Option<Rest>,
}

/// Why some grants may still be open. A repeated call closes them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rest {
    /// The deadline of the request is near.
    #[error("no time was left to close all of them")]
    NoTimeLeft(#[from] NoTimeLeft),
    /// The store did not answer.
    #[error(transparent)]
    Unanswered(#[from] StoreError),
}

impl Ended {
    /// The text for the log.
    pub(crate) fn reason(&self) -> String {
        let closed = match self.closed {
            1 => "1 grant".to_owned(),
            closed => format!("{closed} grants"),
        };
        match &self.rest {
            None => closed,
            Some(rest) => format!("{closed}; others may still be open, so repeat it: {rest}"),
        }
    }
}

impl Closing<'_> {
    /// Closes every open grant of the user. If the list may have been behind, it is read a second time.
    pub(crate) async fn run(self) -> Ended {
        let mut closed = 0;
        let rest = self.close_twice(&mut closed).await.err();
        Ended { closed, rest }
    }

    async fn close_twice(&self, closed: &mut u32) -> Result<(), Rest> {
        self.close_listed(closed).await?;
        self.deadline.step()?;
        if self.store.catch_up().await { self.close_listed(closed).await } else { Ok(()) }
    }

    async fn close_listed(&self, closed: &mut u32) -> Result<(), Rest> {
        let mut after = None;
        loop {
            self.deadline.step()?;
            let page = self.store.list_of(self.subject, after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            let open: Vec<_> = page.iter().filter(|grant| is_open(grant, self.now)).collect();
            for some in open.chunks(AT_ONCE) {
                self.deadline.step()?;
                let closing = some.iter().map(|grant| self.store.close(grant.id, self.now, self.why));
                let mut answered = Ok(());
                for closing in all(closing.collect()).await {
                    match closing {
                        Ok(done) => *closed += u32::from(done == Closed::Now),
                        Err(error) => answered = Err(error),
                    }
                }
                answered?;
            }
        }
    }
}

/// Runs these futures at the same time, and returns their outputs in the order in which they end.
async fn all<T>(mut running: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>) -> Vec<T> {
    let mut done = Vec::new();
    poll_fn(|context| {
        running.retain_mut(|future| match future.as_mut().poll(context) {
            Poll::Ready(output) => {
                done.push(output);
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done
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
    Ok(standing(store, grant, now).await?.is_some())
}

/// The grant, if its tokens are valid now.
pub(crate) async fn standing(
    store: &dyn Grants,
    grant: GrantId,
    now: Timestamp,
) -> Result<Option<Grant>, StoreError> {
    let Some(grant) = store.find(grant).await?.filter(|grant| is_open(grant, now)) else { return Ok(None) };
    let ended = match grant.state {
        State::Open(Chain { doubted: Some(since), .. }) => is_superseded(store, &grant, since).await?,
        State::Open(_) | State::Closed { .. } => false,
    };
    Ok((!ended).then_some(grant))
}

/// Whether a grant is open and has not expired. A grant that was not refreshed for long is still open: its refresh
/// tokens have their own expiry.
pub(crate) fn is_open(grant: &Grant, now: Timestamp) -> bool {
    now < grant.expires_at && matches!(grant.state, State::Open(_))
}
