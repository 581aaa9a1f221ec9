//! World of the model, around one grant: client processes that share a token file, a thief with a copy of a token, a
//! server that can be killed between two calls to its store, a network that loses responses, and clocks that differ.
//!
//! The store's behaviour is the core's own [`State`], and the server's decision is the core's own [`Chain::standing`].
//! One step of the world is one call to the store, or one response.

use doorward::config::StaleRefresh;
use doorward::ports::Timestamp;
use doorward::store::{Chain, CloseReason, Excuse, RefreshRules, Standing, State, Steps, UseOutcome};
use std::time::Duration;

/// The refresh window, in ticks: how long a used token can be used again.
pub const WINDOW: u64 = 2;
/// The maximum difference between the clocks of two server processes, in ticks.
pub const SKEW: u64 = 1;
/// The minimum time between two excuses for different heads, in ticks.
pub const EXCUSE_EVERY: u64 = 5;
/// The present time, which never changes. When time passes, all other times become older, so that the number of states
/// is finite.
pub const NOW: u64 = 100;
/// The oldest time: everything older counts as equally old.
pub const LONG_AGO: u64 = NOW - (EXCUSE_EVERY + 2 * SKEW);

/// The rules of the server.
const RULES: RefreshRules = RefreshRules {
    window: Duration::from_secs(WINDOW + SKEW),
    excuse_every: Duration::from_secs(EXCUSE_EVERY),
};

/// The state of the world, and the promise that it has broken, if any.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The grant in the store.
    pub grant: State,
    /// The honest processes, and after them the thief, if there is one.
    pub processes: Vec<Process>,
    /// The generation of the token in the file that the honest processes share.
    pub file: u32,
    /// Whether the user has signed in again.
    pub signed_in: bool,
    /// When each generation since the beginning got its successor, by the true clock.
    successions: Vec<u64>,
    first: u32,
    /// When a late token was last excused, by the true clock.
    excused: Option<u64>,
    /// The promise that was broken.
    pub broken: Option<Promise>,
}

/// A process that refreshes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// Whether it is the thief's process.
    pub is_thief: bool,
    /// The generation of the token in its memory.
    pub holds: Option<u32>,
    /// The progress of its refresh.
    pub doing: Doing,
    /// Whether its last refresh was refused, so that it needs a sign-in.
    pub refused: bool,
}

/// The progress of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doing {
    /// No refresh is in progress.
    Nothing,
    /// The first call to the store was made, and a second call is needed.
    Decided(Next),
    /// The server has sent a token of this generation.
    Given(u32),
    /// The server has sent a refusal.
    Refused,
}

/// The second call to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// Excuses a late token for this head, if the store allows it.
    Excuse(u32),
    /// Puts the grant in doubt.
    Doubt,
    /// Closes the grant.
    Close,
}

/// A promise of `docs/refresh.md`, named by its violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Promise {
    /// A generation could be given out as two different tokens. A token depends on its generation, and on the time when
    /// that became the head.
    OneToken,
    /// An honest process was refused, although it came within the window, or had the head.
    InTime,
    /// An honest process whose response was lost was refused, although no token had been excused recently, and the
    /// grant was not in doubt.
    LostAnswer,
    /// A process got a token after the window without an excuse, or tokens were excused too often.
    Unseen,
    /// A stale token left no trace.
    NoTrace,
    /// A token was given out of a closed grant, or of a grant in doubt after its user had signed in again.
    Ended,
    /// A token was presented that had not been given out.
    Ahead,
}

impl World {
    /// The initial world: each honest process holds the head of this grant, and the thief has no token yet.
    pub fn begin(chain: Chain, honest: usize, thief: bool) -> Self {
        let process = |is_thief, holds| Process { is_thief, holds, doing: Doing::Nothing, refused: false };
        let mut processes = vec![process(false, Some(chain.head)); honest];
        processes.extend(thief.then(|| process(true, None)));
        Self {
            processes,
            file: chain.head,
            signed_in: false,
            successions: Vec::new(),
            first: chain.head,
            excused: chain.excused.map(|excuse| excuse.at.0),
            grant: State::Open(chain),
            broken: None,
        }
    }

    /// The newest generation, unless the grant is closed.
    pub fn head(&self) -> Option<u32> {
        match &self.grant {
            State::Open(chain) => Some(chain.head),
            State::Closed { .. } => None,
        }
    }

    /// The clock of the server process that serves this client process. Every second clock is ahead.
    fn clock(&self, who: usize) -> u64 {
        NOW + who as u64 % 2 * SKEW
    }

    /// Lets one tick pass.
    pub fn tick(&mut self) {
        let older = |at: u64| (at - 1).max(LONG_AGO);
        self.successions.iter_mut().chain(&mut self.excused).for_each(|at| *at = older(*at));
        if let State::Open(chain) = &mut self.grant {
            let steps = chain.steps.iter().map(|at| Timestamp(older(at.0))).collect();
            if let Some(excuse) = &mut chain.excused {
                excuse.at = Timestamp(older(excuse.at.0));
            }
            chain.steps = Steps::of(steps).unwrap_or_else(|| Steps::first(Timestamp(LONG_AGO)));
        }
    }

    /// The process presents its token, and the server makes its first call to the store.
    pub fn bring(&mut self, who: usize, policy: StaleRefresh) {
        let Some(presented) = self.processes[who].holds else { return };
        let at = self.clock(who);
        let rotated = self.grant.rotate(presented, Timestamp(at));
        let State::Open(chain) = self.grant.clone() else { return self.refuse(who) };
        match rotated {
            UseOutcome::Next => {
                self.successions.push(NOW);
                self.give(who, presented, &chain);
            }
            UseOutcome::Behind => match chain.standing(presented, Timestamp(at), RULES) {
                Standing::Recent => self.give(who, presented, &chain),
                Standing::Late if policy == StaleRefresh::Close => self.stale(who, presented, &chain, policy),
                Standing::Late if chain.is_excused() => self.give(who, presented, &chain),
                Standing::Late => self.processes[who].doing = Doing::Decided(Next::Excuse(chain.head)),
                Standing::Stale => self.stale(who, presented, &chain, policy),
            },
            UseOutcome::Ahead | UseOutcome::Closed => self.broken = Some(Promise::Ahead),
        }
    }

    /// The server makes its second call to the store.
    pub fn settle(&mut self, who: usize, next: Next, policy: StaleRefresh) {
        let presented = self.processes[who].holds.unwrap_or_default();
        match next {
            Next::Excuse(head) => {
                let was_excused = matches!(&self.grant, State::Open(chain) if chain.is_excused());
                let at = Timestamp(self.clock(who));
                let excused = self.grant.excuse(Excuse { head, at }, at.before(RULES.excuse_every));
                let State::Open(chain) = self.grant.clone() else { return self.refuse(who) };
                if !excused {
                    return self.stale(who, presented, &chain, policy);
                }
                // Two concurrent requests for one head are both excused, so only the first is checked.
                if !was_excused && self.excused.is_some_and(|at| NOW - at + SKEW < EXCUSE_EVERY) {
                    self.broken = Some(Promise::Unseen);
                }
                self.excused = Some(NOW);
                self.give(who, presented, &chain);
            }
            Next::Doubt => {
                self.grant.doubt(Timestamp(NOW));
                self.refuse(who);
            }
            Next::Close => {
                self.grant.close(Timestamp(NOW), CloseReason::Reuse);
                self.refuse(who);
            }
        }
    }

    fn give(&mut self, who: usize, presented: u32, chain: &Chain) {
        if chain.doubted.is_some() && self.signed_in {
            self.processes[who].doing = Doing::Decided(Next::Close);
            return;
        }
        if self.passed(presented) > WINDOW + 2 * SKEW && !chain.is_excused() {
            self.broken = Some(Promise::Unseen);
        }
        self.processes[who].doing = Doing::Given(chain.head);
    }

    fn stale(&mut self, who: usize, presented: u32, chain: &Chain, policy: StaleRefresh) {
        self.processes[who].doing = match policy {
            StaleRefresh::Doubt if chain.doubted.is_some() => return self.refuse(who),
            StaleRefresh::Doubt => Doing::Decided(Next::Doubt),
            StaleRefresh::Close => Doing::Decided(Next::Close),
        };
        if self.processes[who].is_thief {
            return;
        }
        if self.passed(presented) <= WINDOW {
            self.broken = Some(Promise::InTime);
        }
        let may_be_late = policy == StaleRefresh::Doubt && chain.doubted.is_none();
        if chain.head - presented == 1 && may_be_late && !self.excused.is_some_and(soon) {
            self.broken = Some(Promise::LostAnswer);
        }
    }

    /// How long ago a generation got its successor, in ticks.
    fn passed(&self, generation: u32) -> u64 {
        self.successions.get((generation - self.first) as usize).map_or(0, |at| NOW - at)
    }

    fn refuse(&mut self, who: usize) {
        if let State::Open(Chain { doubted: None, .. }) = self.grant {
            self.broken = Some(Promise::NoTrace);
        }
        self.processes[who].doing = Doing::Refused;
    }

    /// The response arrives at the process.
    pub fn deliver(&mut self, who: usize) {
        let process = &mut self.processes[who];
        match std::mem::replace(&mut process.doing, Doing::Nothing) {
            Doing::Given(generation) => {
                process.holds = Some(generation);
                process.refused = false;
                if !process.is_thief {
                    self.file = generation;
                }
            }
            Doing::Refused => process.refused = true,
            Doing::Nothing | Doing::Decided(_) => {}
        }
    }

    /// The thief copies the token of an honest process.
    pub fn steal(&mut self, from: usize) {
        let copied = self.processes[from].holds;
        if let Some(thief) = self.processes.iter_mut().find(|process| process.is_thief) {
            thief.holds = copied;
        }
    }

    /// Whether there is a thief that has not copied a token yet.
    pub fn thief_has_nothing(&self) -> bool {
        self.processes.iter().any(|process| process.is_thief && process.holds.is_none())
    }

    /// The number of new generations since the beginning.
    pub fn generations(&self) -> u32 {
        u32::try_from(self.successions.len()).unwrap_or(u32::MAX)
    }

    /// Whether a late token was excused for a head that is newer than the first.
    pub fn is_excused(&self) -> bool {
        matches!(&self.grant, State::Open(chain) if chain.is_excused() && chain.head > self.first)
    }

    /// Whether this generation became the head at least one tick ago.
    pub fn was_lost(&self, head: u32) -> bool {
        self.successions.get((head - self.first) as usize - 1).is_some_and(|at| *at < NOW)
    }

    /// The user revokes the grant.
    pub fn revoke(&mut self) {
        self.grant.close(Timestamp(NOW), CloseReason::Person);
    }

    /// Whether the recorded time at which a generation became the head has changed.
    pub fn rewrites(&self, before: &Self) -> bool {
        let (State::Open(chain), State::Open(old)) = (&self.grant, &before.grant) else { return false };
        let kept = chain.steps.iter().skip((chain.head - old.head) as usize);
        kept.zip(old.steps.iter()).any(|(new, old)| new != old)
    }

    /// Whether a token was given out although the grant was closed before.
    pub fn gives_after_the_end(&self, before: &Self) -> bool {
        let given = |world: &Self| {
            world.processes.iter().filter(|process| matches!(process.doing, Doing::Given(_))).count()
        };
        matches!(before.grant, State::Closed { .. }) && given(self) > given(before)
    }
}

/// Whether an excuse is so recent that another head may be refused one, by any server clock.
fn soon(excused: u64) -> bool {
    NOW - excused < EXCUSE_EVERY + SKEW
}
