//! A world of one grant: processes of a client that share a file of tokens, a thief with a copy, a server that can be
//! killed between two questions to its store, a network that loses answers, and clocks that differ.
//!
//! What the store does is the core's own [`State`]; what the server decides is the core's own [`Chain::standing`]. A step of
//! the world is one question to the store, or one answer on its way.

use doorward::config::StaleRefresh;
use doorward::ports::Timestamp;
use doorward::store::{Chain, CloseReason, Excuse, RefreshRules, Standing, State, Steps, UseOutcome};
use std::time::Duration;

/// How long a token that was used can be used again, in ticks.
pub const WINDOW: u64 = 2;
/// By how much the clocks of two processes of the server differ at most, in ticks.
pub const SKEW: u64 = 1;
/// For how long nobody is excused after somebody was, in ticks.
pub const EXCUSE_EVERY: u64 = 5;
/// It is always now: when time passes, everything else becomes older, so that a world may last for ever.
pub const NOW: u64 = 100;
/// Older than this is all the same.
pub const LONG_AGO: u64 = NOW - (EXCUSE_EVERY + 2 * SKEW);

/// By what the server judges.
const RULES: RefreshRules = RefreshRules {
    window: Duration::from_secs(WINDOW + SKEW),
    excuse_every: Duration::from_secs(EXCUSE_EVERY),
};

/// Everything there is, and what has gone wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// What the store knows.
    pub grant: State,
    /// Honest ones, and behind them the thief.
    pub processes: Vec<Process>,
    /// The token that was last written to the file which the honest ones share.
    pub file: u32,
    /// Whether the person has signed in again.
    pub signed_in: bool,
    /// When each generation from the beginning on had its successor, by the only true clock.
    successions: Vec<u64>,
    first: u32,
    /// When somebody was last excused, by the only true clock.
    excused: Option<u64>,
    /// What has happened that must not.
    pub broken: Option<Promise>,
}

/// Somebody who refreshes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// Whether it is nobody's own.
    pub is_thief: bool,
    /// The generation of the token in its memory.
    pub holds: Option<u32>,
    /// What it waits for.
    pub doing: Doing,
    /// Whether it was told to sign in again, and has not.
    pub refused: bool,
}

/// How far a process' refresh has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doing {
    /// Nothing is under way.
    Nothing,
    /// The store was asked, and has to be asked again.
    Judged(Next),
    /// An answer is on its way: a token of this generation.
    Given(u32),
    /// An answer is on its way: a refusal.
    Refused,
}

/// The second question to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// Whether somebody who comes late may have this head.
    Excuse(u32),
    /// That the grant is in doubt.
    Doubt,
    /// That the grant is closed.
    Close,
}

/// What must never happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Promise {
    /// A generation could be given out as two different tokens: a token is made of its generation, and of when that became
    /// the head.
    OneToken,
    /// An honest process was refused although it came within the window, or had the head.
    InTime,
    /// An honest process was refused whose answer was lost, although nobody had been excused for long, and nothing was in
    /// doubt.
    LostAnswer,
    /// Somebody was given a token after the window without being excused, or was excused too often.
    Unseen,
    /// A stale token left nothing behind.
    NoTrace,
    /// Something came of a grant that was closed, or in doubt when its person had signed in again.
    Ended,
    /// A token was brought that had not been given out.
    Ahead,
}

impl World {
    /// Everybody honest holds the head of this grant; the thief has nothing yet.
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

    /// The newest generation.
    pub fn head(&self) -> Option<u32> {
        match &self.grant {
            State::Open(chain) => Some(chain.head),
            State::Closed { .. } => None,
        }
    }

    /// The clocks of the server's processes differ: every other one is ahead.
    fn clock(&self, who: usize) -> u64 {
        NOW + who as u64 % 2 * SKEW
    }

    /// Time passes.
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

    /// A token reaches the server, which asks its store once.
    pub fn bring(&mut self, who: usize, policy: StaleRefresh) {
        let Some(presented) = self.processes[who].holds else { return };
        let at = self.clock(who);
        let turn = self.grant.rotate(presented, Timestamp(at));
        let State::Open(chain) = self.grant.clone() else { return self.refuse(who) };
        match turn {
            UseOutcome::Next => {
                self.successions.push(NOW);
                self.give(who, presented, &chain);
            }
            UseOutcome::Behind => match chain.standing(presented, Timestamp(at), RULES) {
                Standing::Recent => self.give(who, presented, &chain),
                Standing::Late if policy == StaleRefresh::Close => self.stale(who, presented, &chain, policy),
                Standing::Late if chain.is_excused() => self.give(who, presented, &chain),
                Standing::Late => self.processes[who].doing = Doing::Judged(Next::Excuse(chain.head)),
                Standing::Stale => self.stale(who, presented, &chain, policy),
            },
            UseOutcome::Ahead | UseOutcome::Closed => self.broken = Some(Promise::Ahead),
        }
    }

    /// The server asks its store a second time.
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
                // The store was asked while nobody was excused for this head; two who ask at once both are.
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
            self.processes[who].doing = Doing::Judged(Next::Close);
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
            StaleRefresh::Doubt => Doing::Judged(Next::Doubt),
            StaleRefresh::Close => Doing::Judged(Next::Close),
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

    /// How long ago a generation had its successor.
    fn passed(&self, generation: u32) -> u64 {
        self.successions.get((generation - self.first) as usize).map_or(0, |at| NOW - at)
    }

    fn refuse(&mut self, who: usize) {
        if let State::Open(Chain { doubted: None, .. }) = self.grant {
            self.broken = Some(Promise::NoTrace);
        }
        self.processes[who].doing = Doing::Refused;
    }

    /// An answer arrives.
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
            Doing::Nothing | Doing::Judged(_) => {}
        }
    }

    /// The thief copies what an honest process has.
    pub fn steal(&mut self, from: usize) {
        let copied = self.processes[from].holds;
        if let Some(thief) = self.processes.iter_mut().find(|process| process.is_thief) {
            thief.holds = copied;
        }
    }

    /// Whether there is a thief, who has yet to copy something.
    pub fn thief_has_nothing(&self) -> bool {
        self.processes.iter().any(|process| process.is_thief && process.holds.is_none())
    }

    /// How many generations came since the beginning.
    pub fn generations(&self) -> u32 {
        u32::try_from(self.successions.len()).unwrap_or(u32::MAX)
    }

    /// Whether somebody who came late was excused since the beginning.
    pub fn is_excused(&self) -> bool {
        matches!(&self.grant, State::Open(chain) if chain.is_excused() && chain.head > self.first)
    }

    /// Whether a generation has been the head for a while.
    pub fn was_lost(&self, head: u32) -> bool {
        self.successions.get((head - self.first) as usize - 1).is_some_and(|at| *at < NOW)
    }

    /// The grant is taken back.
    pub fn revoke(&mut self) {
        self.grant.close(Timestamp(NOW), CloseReason::Person);
    }

    /// Whether a generation became the head at another time than it did before.
    pub fn rewrites(&self, before: &Self) -> bool {
        let (State::Open(chain), State::Open(old)) = (&self.grant, &before.grant) else { return false };
        let kept = chain.steps.iter().skip((chain.head - old.head) as usize);
        kept.zip(old.steps.iter()).any(|(new, old)| new != old)
    }

    /// Whether a token was given out that cannot be used, because nothing comes of the grant.
    pub fn gives_after_the_end(&self, before: &Self) -> bool {
        let given = |world: &Self| {
            world.processes.iter().filter(|process| matches!(process.doing, Doing::Given(_))).count()
        };
        matches!(before.grant, State::Closed { .. }) && given(self) > given(before)
    }
}

/// Too soon after somebody was excused for anybody else to be, whichever clock it is judged by.
fn soon(excused: u64) -> bool {
    NOW - excused < EXCUSE_EVERY + SKEW
}
