//! A grant: a person let a client in. Every token comes from one, and ends with it.

use crate::clock::Timestamp;
use crate::protocol::{
    client::ClientId, grant_id::GrantId, person_id::PersonId, resource::Resource, scope::Scope,
};
use crate::store::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// What a person agreed to, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Drawn when the person agreed, and carried in the code.
    pub id: GrantId,
    /// The client that was let in.
    pub client: ClientId,
    /// Who let it in.
    pub person: PersonId,
    /// For what.
    pub scope: Scope,
    /// Where.
    pub resource: Resource,
    /// When the person had signed in.
    pub signed_in_at: Timestamp,
    /// When its code was spent.
    pub opened_at: Timestamp,
    /// From then on nothing comes of it.
    pub expires_at: Timestamp,
    /// The record stays until then at least: it has to outlive its code, or the code could be spent again.
    pub kept_until: Timestamp,
    /// What became of it.
    pub state: State,
}

/// What became of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Tokens come of it.
    Open {
        /// The head: the generation of the refresh token that is next to be used. The first is 0.
        generation: u32,
        /// When it became the head, and those before it.
        steps: Steps,
    },
    /// Nothing comes of it any more, and nothing ever will.
    Closed {
        /// Since when.
        at: Timestamp,
        /// Why.
        why: Why,
    },
}

/// When the latest generations of a grant each became its head: the newest first, and [`Steps::MAX`] of them at most.
///
/// With the head's alone, a process that is two generations behind could not be told from one that slept for a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps(Vec<Timestamp>);

impl Steps {
    /// So many are remembered: more refreshes than honest processes make within a window.
    pub const MAX: usize = 8;

    /// Those of a new grant.
    pub fn first(at: Timestamp) -> Self {
        Self(vec![at])
    }

    /// Those that a store remembers, the newest first; nothing where there is none.
    pub fn of(newest_first: Vec<Timestamp>) -> Option<Self> {
        (1..=Self::MAX).contains(&newest_first.len()).then_some(Self(newest_first))
    }

    /// With one more.
    #[must_use]
    pub fn then(&self, at: Timestamp) -> Self {
        Self(std::iter::once(at).chain(self.0.iter().copied()).take(Self::MAX).collect())
    }

    /// The newest first.
    pub fn iter(&self) -> impl Iterator<Item = Timestamp> {
        self.0.iter().copied()
    }

    /// When the generation that is so many behind the head had its successor; nothing when that is forgotten.
    pub fn succeeded(&self, behind: u32) -> Option<Timestamp> {
        self.0.get(usize::try_from(behind.checked_sub(1)?).ok()?).copied()
    }
}

/// Why a grant was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// Its code was brought back a second time, by somebody who had nothing to prove.
    CodeReplayed,
    /// The client gave it back (RFC 7009).
    Revoked,
    /// A refresh token was used again long after its successor was given out (RFC 9700 §4.14.2).
    Reuse,
    /// The person was signed out everywhere, or may not sign in any more.
    SignedOut,
    /// An operator took it back.
    Operator,
}

/// What a list shows of a grant: what was agreed to, and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Which grant.
    pub id: GrantId,
    /// The client that was let in.
    pub client: ClientId,
    /// For what.
    pub scope: Scope,
    /// Where.
    pub resource: Resource,
    /// When its code was spent.
    pub opened_at: Timestamp,
    /// From then on nothing comes of it.
    pub expires_at: Timestamp,
    /// Since when nothing comes of it, and why.
    pub closed: Option<(Timestamp, Why)>,
}

impl From<&Grant> for Listed {
    fn from(grant: &Grant) -> Self {
        let closed = match grant.state {
            State::Open { .. } => None,
            State::Closed { at, why } => Some((at, why)),
        };
        let Grant { id, opened_at, expires_at, .. } = *grant;
        let (client, scope, resource) = (grant.client.clone(), grant.scope.clone(), grant.resource.clone());
        Self { id, client, scope, resource, opened_at, expires_at, closed }
    }
}

/// What came of [`Grants::open`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The grant is new: the code was spent just now, and by this caller.
    New,
    /// There was one of this id already, which stays as it was: the code had been spent.
    Already(Box<Grant>),
}

/// What came of [`Grants::rotate`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The generation was the head, and has been used now.
    Next {
        /// The record as it is now.
        grant: Box<Grant>,
        /// The head instead.
        head: u32,
    },
    /// The generation had been used before; the record stays as it was.
    Behind {
        /// The record.
        grant: Box<Grant>,
        /// Its head.
        head: u32,
        /// When the generation had its successor; nothing when that is forgotten, and long ago.
        succeeded: Option<Timestamp>,
    },
    /// The generation is beyond the head: it was never given out, or the store has been set back since.
    Ahead,
    /// The grant is closed.
    Closed,
    /// There is no such grant, or none any more.
    Unknown,
}

/// What came of [`Grants::close`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The grant was open until now.
    Now,
    /// The grant had been closed, and stays closed as it was.
    Already,
    /// There is no such grant, or none any more.
    Unknown,
}

/// Remembers grants.
#[async_trait]
pub trait Grants: Send + Sync {
    /// Opens a grant, **once**: of any number of callers with the same id, at any time and anywhere, exactly one
    /// is told [`Opened::New`], and its record is the one that stays.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn open(&self, grant: Grant) -> Result<Opened, StoreError>;

    /// Uses a generation, **once**: of any number of callers with the same generation exactly one is told
    /// [`Rotated::Next`], and the head is one further, since `at`.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn rotate(&self, id: GrantId, generation: u32, at: Timestamp) -> Result<Rotated, StoreError>;

    /// Closes a grant for ever.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn close(&self, id: GrantId, at: Timestamp, why: Why) -> Result<Closed, StoreError>;

    /// Finds a grant, as it is now: an answer never misses a change that was acknowledged before the question.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn grant(&self, id: GrantId) -> Result<Option<Grant>, StoreError>;

    /// Lists a person's grants behind `after`, in an order of the store's own; an empty answer is the end. Changes of
    /// the last seconds may be missing.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn grants_of(&self, person: &PersonId, after: Option<GrantId>) -> Result<Vec<Listed>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_steps_are_remembered() {
        let steps = (1..20).fold(Steps::first(Timestamp(0)), |steps, at| steps.then(Timestamp(at)));
        assert_eq!(steps.iter().count(), Steps::MAX);
        let succeeded = |behind| steps.succeeded(behind).map(|at| at.0);
        assert_eq!((succeeded(1), succeeded(2), succeeded(8)), (Some(19), Some(18), Some(12)));
        assert_eq!((succeeded(0), succeeded(9), succeeded(u32::MAX)), (None, None, None));
        assert_eq!(Steps::of(steps.iter().collect()), Some(steps));
        assert_eq!((Steps::of(vec![]), Steps::of(vec![Timestamp(0); 9])), (None, None));
    }
}
