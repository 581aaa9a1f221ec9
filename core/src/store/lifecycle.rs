//! The life of a grant: opened once, refreshed any number of times, closed for ever. One state machine, and one table of
//! what a refresh token is worth (OAuth 2.1 §4.3.1; RFC 9700 §4.14).
//!
//! Every token of a grant has a generation. The **head** is the newest that was given out; the chain behind it remembers
//! when the latest of them each became it.
//!
//! | the token's generation | what it gets | why |
//! |---|---|---|
//! | is the head | the next one, which is the head from now on | this is a refresh, and happens once |
//! | had its successor within the window ([`Standing::Recent`]) | the head | the answer was lost, or processes raced: all of them end up with the same token |
//! | is the last before the head, and the head was never used ([`Standing::Late`]) | the head, once a day ([`RefreshRules::excuse_every`]); never of a grant in doubt, nor where a stale token closes it | a laptop fell asleep over a lost answer; nobody is known to hold the head |
//! | is any other behind the head ([`Standing::Stale`]) | nothing; and [`crate::config::StaleRefresh`] says what becomes of the grant | a process has slept through somebody else's refreshes, or somebody has a copy |
//! | is beyond the head | nothing | a backup was restored, and heads went back: nobody did anything wrong |
//! | is of a closed grant | nothing, ever | it was taken back |
//!
//! `docs/refresh.md` says what each of these gives a thief.

use crate::ports::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::time::Duration;

/// What became of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// Tokens come of it.
    Open(Chain),
    /// Nothing comes of it any more, and nothing ever will.
    Closed {
        /// Since when.
        at: Timestamp,
        /// Why.
        why: CloseReason,
    },
}

/// The refresh tokens of an open grant, as far as they have come.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Chain {
    /// The generation that is next to be used. The first is 0.
    pub head: u32,
    /// When it became the head, and those before it.
    pub steps: Steps,
    /// Who was last excused for coming late.
    pub excused: Option<Excuse>,
    /// Since when a second holder is possible: a stale token was brought.
    pub doubted: Option<Timestamp>,
}

/// That somebody who came late was given the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Excuse {
    /// Which it was: others who are late for it are excused as well.
    pub head: u32,
    /// When.
    pub at: Timestamp,
}

/// By what a generation is judged that had been used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshRules {
    /// For so long after its successor was given out it gets the head.
    pub window: Duration,
    /// For so long after somebody was excused nobody else is, by time and not by generations, of which whoever has the head
    /// can make as many as they like. Two who share a chain by turns would need it every time.
    pub excuse_every: Duration,
}

/// When the latest generations of a grant each became its head: the newest first, and [`Steps::MAX`] of them at most.
///
/// With the head's alone, a process that is two generations behind could not be told from one that slept for a day.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Steps(Vec<Timestamp>);

/// Why a grant was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CloseReason {
    /// Its code was brought back a second time, by somebody who had nothing to prove.
    CodeReplayed,
    /// The client gave it back (RFC 7009).
    Revoked,
    /// A stale refresh token was brought (RFC 9700 §4.14.2), and the configuration or a new sign-in decided.
    Reuse,
    /// The person was signed out everywhere, or may not sign in any more.
    SignedOut,
    /// An operator took it back.
    Operator,
    /// The person took it back.
    Person,
}

/// What a generation is that had been used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its successor was given out within the window.
    Recent,
    /// Its successor was given out before that, and nobody has used it since.
    Late,
    /// Anything else.
    Stale,
}

/// What came of bringing a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseOutcome {
    /// It was the head, and the next one is.
    Next,
    /// It had been used before.
    Behind,
    /// It is beyond the head.
    Ahead,
    /// The grant is closed.
    Closed,
}

impl State {
    /// That of a grant which is opened now.
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

    /// Excuses who comes late for this head, if nobody was excused for another after `since`; whether that may be.
    pub fn excuse(&mut self, excuse: Excuse, since: Timestamp) -> bool {
        let Self::Open(chain) = self else { return false };
        let may = chain.head == excuse.head && chain.may_excuse(since);
        if may {
            chain.excused = Some(excuse);
        }
        may
    }

    /// Doubts the grant from then on; the first time is what counts.
    pub fn doubt(&mut self, at: Timestamp) {
        if let Self::Open(chain) = self {
            chain.doubted.get_or_insert(at);
        }
    }

    /// Closes the grant; whether it was open until now.
    pub fn close(&mut self, at: Timestamp, why: CloseReason) -> bool {
        let was_open = matches!(self, Self::Open(_));
        if was_open {
            *self = Self::Closed { at, why };
        }
        was_open
    }
}

impl Chain {
    /// That of a new grant.
    pub fn opened(at: Timestamp) -> Self {
        Self { head: 0, steps: Steps::first(at), excused: None, doubted: None }
    }

    /// What a generation behind the head is at this moment.
    pub fn standing(&self, presented: u32, now: Timestamp, rules: RefreshRules) -> Standing {
        let behind = self.head.saturating_sub(presented);
        let recent = self.steps.succeeded(behind).is_some_and(|at| now <= at.after(rules.window));
        match behind {
            _ if recent => Standing::Recent,
            1 if self.may_excuse(now.before(rules.excuse_every)) => Standing::Late,
            _ => Standing::Stale,
        }
    }

    /// Whether somebody who comes late may have the head: nobody was excused since then, unless for this very head, and
    /// nobody else is known to have come.
    fn may_excuse(&self, since: Timestamp) -> bool {
        let free = |excused: Excuse| excused.head == self.head || excused.at <= since;
        self.doubted.is_none() && self.excused.is_none_or(free)
    }

    /// Whether somebody who was late for the head has been excused.
    pub fn is_excused(&self) -> bool {
        self.excused.is_some_and(|excused| excused.head == self.head)
    }

    /// When it was last refreshed, or opened.
    pub fn last_used(&self) -> Timestamp {
        self.steps.newest()
    }
}

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

    /// When the head became it.
    pub fn newest(&self) -> Timestamp {
        self.0[0]
    }

    /// When the generation that is so many behind the head had its successor; nothing when that is forgotten.
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
            assert_eq!(state.excuse(Excuse { head, at: at(now) }, since), may, "whoever else is late for it");
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
