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
mod tests {
    use super::*;

    const RULES: RefreshRules =
        RefreshRules { window: Duration::from_secs(10), excuse_every: Duration::from_secs(50) };

    fn at(seconds: u64) -> Timestamp {
        Timestamp(seconds)
    }

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

    #[test]
    fn a_token_is_recent_until_the_window_of_its_own_succession_has_passed() {
        let mut state = State::opened(at(0));
        assert_eq!(
            [state.rotate(0, at(100)), state.rotate(1, at(107))],
            [UseOutcome::Next, UseOutcome::Next]
        );
        let State::Open(chain) = state else { panic!("it is open") };
        for (presented, now, standing) in [
            (0, 110, Standing::Recent),
            (0, 111, Standing::Stale),
            (1, 117, Standing::Recent),
            (1, 118, Standing::Late),
        ] {
            assert_eq!(chain.standing(presented, at(now), RULES), standing, "{presented} at {now}");
        }
    }

    #[test]
    fn who_comes_late_is_excused_once_in_a_while_whatever_the_generation() {
        let mut state = State::opened(at(0));
        for (head, now, may) in
            [(1, 100, true), (2, 149, false), (3, 150, true), (12, 199, false), (12, 200, true)]
        {
            let State::Open(chain) = state.clone() else { panic!("it is open") };
            for generation in chain.head..head {
                assert_eq!(state.rotate(generation, at(1)), UseOutcome::Next);
            }
            let State::Open(chain) = state.clone() else { panic!("it is open") };
            let standing = if may { Standing::Late } else { Standing::Stale };
            assert_eq!(chain.standing(head - 1, at(now), RULES), standing, "{now}");
            let since = at(now).before(RULES.excuse_every);
            for wrong in [head - 1, head + 1] {
                assert!(!state.excuse(Excuse { head: wrong, at: at(now) }, since), "it is not the head");
            }
            assert_eq!(state.excuse(Excuse { head, at: at(now) }, since), may, "{now}");
            assert_eq!(
                state.excuse(Excuse { head, at: at(now) }, since),
                may,
                "another late token for the same head"
            );
        }
        state.doubt(at(300));
        let State::Open(chain) = state.clone() else { panic!("it is open") };
        assert_eq!(chain.standing(11, at(300), RULES), Standing::Stale, "it is in doubt");
        assert!(!state.excuse(Excuse { head: 12, at: at(300) }, at(300)));
    }

    #[test]
    fn a_closed_grant_is_what_it_was_when_it_was_closed() {
        let mut state = State::opened(at(0));
        state.doubt(at(3));
        state.doubt(at(4));
        assert!(matches!(&state, State::Open(chain) if chain.doubted == Some(at(3))));
        assert!(state.close(at(5), CloseReason::Reuse) && !state.close(at(6), CloseReason::Revoked));
        let closed = state.clone();
        assert_eq!(
            (state.rotate(0, at(7)), state.excuse(Excuse { head: 0, at: at(7) }, at(7))),
            (UseOutcome::Closed, false)
        );
        state.doubt(at(8));
        assert_eq!((state.clone(), state), (closed, State::Closed { at: at(5), why: CloseReason::Reuse }));
    }
}
