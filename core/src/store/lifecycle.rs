//! The life cycle of a grant: opened once, refreshed any number of times, closed for ever. One state machine, and one
//! table of what a refresh token gets (refresh token rotation; OAuth 2.1 §4.3.1; RFC 9700 §4.14).
//!
//! Every token of a grant has a generation. The **head** is the newest generation that was given out. The chain
//! remembers when each of the latest generations became the head.
//!
//! | generation of the token | what it gets | why |
//! |---|---|---|
//! | the head | the next generation, which is the head from now on | a normal refresh, which happens once |
//! | [`Standing::Recent`] | the head | the answer was lost, or processes raced: all get the same token |
//! | [`Standing::Late`] | the head, by an **excuse** | a laptop went to sleep before the answer arrived |
//! | [`Standing::Stale`] | nothing | a process missed the refreshes of others, or an attacker has a copy |
//! | beyond the head | nothing | a backup was restored, so the head went back; this is not an attack |
//! | any, of a closed grant | nothing, ever | the grant was revoked |
//!
//! - Recent: its successor was given out within the window.
//! - Late: it is the last before the head, and the head is unused, so no process is known to hold the head. It is
//!   excused once a day ([`RefreshRules::excuse_every`]). It is never excused if the grant is in doubt, or if a
//!   stale token closes grants.
//! - Stale: it is any other generation behind the head. [`crate::config::StaleRefresh`] decides what happens to the
//!   grant.
//!
//! `docs/refresh.md` says what an attacker gains in each case.

use crate::ports::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::time::Duration;

/// The state of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// Open: its tokens can be refreshed.
    Open(Chain),
    /// Closed for ever: its tokens are refused.
    Closed {
        /// When it was closed.
        at: Timestamp,
        /// Why it was closed.
        why: CloseReason,
    },
}

/// The chain of refresh tokens of an open grant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Chain {
    /// The newest generation, which is the next to be used. The first is 0.
    pub head: u32,
    /// When the head, and each generation before it, became the head.
    pub steps: Steps,
    /// The last excuse of a late token.
    pub excused: Option<Excuse>,
    /// Since when the grant is in doubt: a stale token was presented, so a second holder is possible.
    pub doubted: Option<Timestamp>,
}

/// An excuse: a late token got the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Excuse {
    /// The head that it got. Other late tokens for this head are excused as well.
    pub head: u32,
    /// When it was excused.
    pub at: Timestamp,
}

/// The rules for a generation that was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshRules {
    /// How long after its successor was given out a generation gets the head.
    pub window: Duration,
    /// The least time between two excuses for different heads. It is a time, not a number of generations, because
    /// the holder of the head can make any number of generations. Two holders that use one chain in turn would need
    /// an excuse every time.
    pub excuse_every: Duration,
}

/// When each of the latest generations became the head: newest first, [`Steps::MAX`] at most.
///
/// With the time of the head alone, a process that is two generations behind would look the same as a process that
/// slept for a day.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Steps(Vec<Timestamp>);

/// Why a grant was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CloseReason {
    /// Replay of its authorization code, by a caller that had no PKCE challenge to answer.
    CodeReplayed,
    /// The client revoked it (RFC 7009).
    Revoked,
    /// A stale refresh token was presented (RFC 9700 §4.14.2), and the configuration or a new sign-in closed the
    /// grant.
    Reuse,
    /// The user was signed out everywhere, or was disabled.
    SignedOut,
    /// The user could not be read when the code was spent, or no rule admits the user of an assertion, so no tokens were issued.
    Unconfirmed,
    /// The operator revoked it.
    Operator,
    /// The user revoked it.
    Person,
}

/// The standing of a generation that was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its successor was given out within the window.
    Recent,
    /// Its successor is the head, which is unused, and the window has passed. It may be excused.
    Late,
    /// All other cases.
    Stale,
}

/// The result of using a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseOutcome {
    /// It was the head. Now the next generation is the head.
    Next,
    /// It is behind the head: it was used before.
    Behind,
    /// It is beyond the head.
    Ahead,
    /// The grant is closed.
    Closed,
}

impl State {
    /// The state of a grant that is opened now.
    pub fn opened(at: Timestamp) -> Self {
        Self::Open(Chain::opened(at))
    }

    /// Uses a generation.
    pub fn rotate(&mut self, presented: u32, at: Timestamp) -> UseOutcome {
        let Self::Open(chain) = self else { return UseOutcome::Closed };
        match presented.cmp(&chain.head) {
            Ordering::Less => UseOutcome::Behind,
            Ordering::Greater => UseOutcome::Ahead,
            Ordering::Equal => {
                chain.head = chain.head.saturating_add(1);
                chain.steps = chain.steps.then(at);
                UseOutcome::Next
            }
        }
    }

    /// Excuses a late token for this head, if no late token was excused for another head after `since`. Returns
    /// whether it was excused.
    pub fn excuse(&mut self, excuse: Excuse, since: Timestamp) -> bool {
        let Self::Open(chain) = self else { return false };
        let may = chain.head == excuse.head && chain.may_excuse(since);
        if may {
            chain.excused = Some(excuse);
        }
        may
    }

    /// Puts the grant in doubt since `at`. Only the first time counts.
    pub fn doubt(&mut self, at: Timestamp) {
        if let Self::Open(chain) = self {
            chain.doubted.get_or_insert(at);
        }
    }

    /// Closes the grant. Returns whether it was open until now.
    pub fn close(&mut self, at: Timestamp, why: CloseReason) -> bool {
        let was_open = matches!(self, Self::Open(_));
        if was_open {
            *self = Self::Closed { at, why };
        }
        was_open
    }
}

impl Chain {
    /// The chain of a new grant.
    pub fn opened(at: Timestamp) -> Self {
        Self { head: 0, steps: Steps::first(at), excused: None, doubted: None }
    }

    /// The standing of a generation behind the head, at this moment.
    pub fn standing(&self, presented: u32, now: Timestamp, rules: RefreshRules) -> Standing {
        let behind = self.head.saturating_sub(presented);
        let recent = self.steps.succeeded(behind).is_some_and(|at| now <= at.after(rules.window));
        match behind {
            _ if recent => Standing::Recent,
            1 if self.may_excuse(now.before(rules.excuse_every)) => Standing::Late,
            _ => Standing::Stale,
        }
    }

    /// Whether a late token may get the head: no late token was excused for another head after `since`, and the
    /// grant is not in doubt.
    fn may_excuse(&self, since: Timestamp) -> bool {
        let free = |excused: Excuse| excused.head == self.head || excused.at <= since;
        self.doubted.is_none() && self.excused.is_none_or(free)
    }

    /// Whether a late token was excused for the current head.
    pub fn is_excused(&self) -> bool {
        self.excused.is_some_and(|excused| excused.head == self.head)
    }

    /// When the grant was last refreshed, or opened.
    pub fn last_used(&self) -> Timestamp {
        self.steps.newest()
    }
}

impl Steps {
    /// The most steps that are remembered. Honest processes make fewer refreshes than this within one window.
    pub const MAX: usize = 8;

    /// The steps of a new grant.
    pub fn first(at: Timestamp) -> Self {
        Self(vec![at])
    }

    /// The steps that a store has, newest first. `None` if there are none, or too many.
    pub fn of(newest_first: Vec<Timestamp>) -> Option<Self> {
        (1..=Self::MAX).contains(&newest_first.len()).then_some(Self(newest_first))
    }

    /// These steps with one more.
    #[must_use]
    pub fn then(&self, at: Timestamp) -> Self {
        Self(std::iter::once(at).chain(self.0.iter().copied()).take(Self::MAX).collect())
    }

    /// The steps, newest first.
    pub fn iter(&self) -> impl Iterator<Item = Timestamp> {
        self.0.iter().copied()
    }

    /// When the head became the head.
    pub fn newest(&self) -> Timestamp {
        self.0[0]
    }

    /// When the generation that is `behind` steps behind the head got its successor. `None` if that is no longer
    /// remembered.
    pub fn succeeded(&self, behind: u32) -> Option<Timestamp> {
        self.0.get(usize::try_from(behind.checked_sub(1)?).ok()?).copied()
    }
}

#[cfg(test)]
mod tests;
