//! Model check of refresh token rotation: visits every state of small worlds, and checks the promises of
//! `docs/refresh.md` in each.

use doorward::config::StaleRefresh;
use doorward::ports::Timestamp;
use doorward::store::{Chain, Excuse, State, UseOutcome};
use doorward_tests_model as world;
use doorward_tests_model::{Doing, Promise, World};
use stateright::{Checker, Model, Property};

/// A model: the initial worlds, and their limits.
#[derive(Clone, Debug)]
struct Course {
    policy: StaleRefresh,
    honest: usize,
    thief: bool,
    /// The maximum number of new generations.
    generations: u32,
    /// The initial states of the grant.
    beginnings: Vec<Chain>,
}

/// One event in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Action {
    Tick,
    /// A process presents its token, and the server makes its first call to the store.
    Bring(usize),
    /// The server makes its second call to the store.
    Settle(usize),
    /// A response arrives.
    Deliver(usize),
    /// A response is lost, or the server is killed between its two calls to the store.
    Lose(usize),
    /// An honest process reads the token file, because it was restarted or refused.
    Reload(usize),
    /// The thief copies the token of an honest process.
    Steal(usize),
    /// The user signs in again, because an honest process was refused.
    SignIn,
    /// The user revokes the grant.
    Revoke,
}

impl Model for Course {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        self.beginnings.iter().map(|chain| World::begin(chain.clone(), self.honest, self.thief)).collect()
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        actions.push(Action::Tick);
        actions.extend(world.head().map(|_| Action::Revoke));
        let refused = world.processes.iter().any(|process| process.refused && !process.is_thief);
        actions.extend((refused && !world.signed_in).then_some(Action::SignIn));
        for (who, process) in world.processes.iter().enumerate() {
            match process.doing {
                Doing::Nothing => {
                    actions.extend(process.holds.map(|_| Action::Bring(who)));
                    let older = !process.is_thief && process.holds != Some(world.file);
                    actions.extend(older.then_some(Action::Reload(who)));
                    let can_be_copied = !process.is_thief && world.thief_has_nothing();
                    actions.extend(can_be_copied.then_some(Action::Steal(who)));
                }
                Doing::Decided(_) => actions.extend([Action::Settle(who), Action::Lose(who)]),
                Doing::Given(_) | Doing::Refused => {
                    actions.extend([Action::Deliver(who), Action::Lose(who)]);
                }
            }
        }
    }

    fn next_state(&self, before: &World, action: Action) -> Option<World> {
        let mut world = before.clone();
        match action {
            Action::Tick => world.tick(),
            Action::Bring(who) => world.bring(who, self.policy),
            Action::Settle(who) => {
                let Doing::Decided(next) = world.processes[who].doing else { return None };
                world.settle(who, next, self.policy);
            }
            Action::Deliver(who) => world.deliver(who),
            Action::Lose(who) => world.processes[who].doing = Doing::Nothing,
            Action::Reload(who) => world.processes[who].holds = Some(world.file),
            Action::Steal(who) => world.steal(who),
            Action::SignIn => world.signed_in = true,
            Action::Revoke => world.revoke(),
        }
        if action != Action::Tick && world.rewrites(before) {
            world.broken = Some(Promise::OneToken);
        }
        if world.gives_after_the_end(before) {
            world.broken = Some(Promise::Ended);
        }
        Some(world).filter(|world| world != before)
    }

    fn within_boundary(&self, world: &World) -> bool {
        world.generations() <= self.generations
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("every promise holds", |_, world: &World| world.broken.is_none()),
            // Without these, the first property could hold because nothing ever happens.
            Property::sometimes("a lost answer is given again", |_, world: &World| {
                let [one, ..] = &world.processes[..] else { return false };
                matches!(one.doing, Doing::Given(head) if one.holds == Some(head - 1) && world.was_lost(head))
            }),
            Property::sometimes("a closed grant refuses", |_, world: &World| {
                world.head().is_none() && world.processes.iter().any(|process| process.refused)
            }),
        ];
        if self.policy == StaleRefresh::Doubt {
            properties
                .push(Property::sometimes("a late token is excused", |_, world: &World| world.is_excused()));
        }
        if self.honest > 1 || self.thief {
            properties.push(Property::sometimes("a stale token is refused", |_, world: &World| {
                world.processes.iter().any(|process| process.doing == Doing::Refused)
            }));
        }
        if self.thief {
            properties.push(Property::sometimes("the thief is refused", |_, world: &World| {
                world.processes.iter().any(|process| process.is_thief && process.refused)
            }));
            properties.push(Property::sometimes(
                "the thief is ahead, and the honest process is refused",
                |_, world: &World| {
                    let [one, .., thief] = &world.processes[..] else { return false };
                    one.refused && thief.holds > one.holds
                },
            ));
        }
        properties
    }
}

/// An old grant with this head, and an excuse for the head this many ticks ago, if any.
fn chain(head: u32, excused: Option<u64>) -> Chain {
    let mut state = State::opened(Timestamp(world::LONG_AGO));
    for generation in 0..head {
        assert_eq!(state.rotate(generation, Timestamp(world::LONG_AGO)), UseOutcome::Next);
    }
    if let Some(ago) = excused {
        let at = Timestamp(world::NOW - ago);
        assert!(state.excuse(Excuse { head, at }, at));
    }
    let State::Open(chain) = state else { panic!("it is open") };
    chain
}

/// Checks every state. Returns the number of states and the maximum depth.
fn explore(course: Course) -> (usize, usize) {
    let checker = course.checker().spawn_bfs().join();
    checker.assert_properties();
    (checker.unique_state_count(), checker.max_depth())
}

/// Checks that `docs/refresh.md` has a row with these numbers.
fn is_told(what: &str, (states, depth): (usize, usize)) {
    let told = include_str!("../../docs/refresh.md");
    let row = format!("| {what} | {states} | {depth} |");
    assert!(told.contains(&row), "docs/refresh.md has no {row}");
}

#[test]
fn every_promise_holds_for_one_process() {
    let beginnings = vec![chain(0, None), chain(9, Some(1)), chain(9, Some(4)), chain(9, Some(5))];
    for &policy in StaleRefresh::ALL {
        let beginnings = beginnings.clone();
        let alone = Course { policy, honest: 1, thief: false, generations: 4, beginnings };
        is_told(&format!("one process, `{}`", policy.name()), explore(alone));
    }
}

#[test]
fn every_promise_holds_for_two_processes() {
    for &policy in StaleRefresh::ALL {
        let beginnings = vec![chain(0, None), chain(9, Some(1))];
        let shared = Course { policy, honest: 2, thief: false, generations: 3, beginnings };
        is_told(&format!("two processes, `{}`", policy.name()), explore(shared));
    }
}

#[test]
fn every_promise_holds_for_three_processes() {
    for &policy in StaleRefresh::ALL {
        let shared =
            Course { policy, honest: 3, thief: false, generations: 1, beginnings: vec![chain(0, None)] };
        is_told(&format!("three processes, `{}`", policy.name()), explore(shared));
    }
}

#[test]
#[ignore = "takes minutes"]
fn every_promise_holds_in_two_larger_worlds() {
    let (policy, beginnings) = (StaleRefresh::Doubt, vec![chain(0, None)]);
    let shared = Course { policy, honest: 3, thief: false, generations: 2, beginnings: beginnings.clone() };
    is_told("three processes, two generations, `doubt`", explore(shared));
    let robbed = Course { policy, honest: 2, thief: true, generations: 3, beginnings };
    is_told("two processes and a thief, three generations, `doubt`", explore(robbed));
}

#[test]
fn every_promise_holds_for_a_process_and_a_thief() {
    for &policy in StaleRefresh::ALL {
        let beginnings = vec![chain(0, None), chain(9, Some(1))];
        let robbed = Course { policy, honest: 1, thief: true, generations: 3, beginnings };
        is_told(&format!("a process and a thief, `{}`", policy.name()), explore(robbed));
    }
}

#[test]
fn every_promise_holds_for_two_processes_and_a_thief() {
    for &policy in StaleRefresh::ALL {
        let robbed =
            Course { policy, honest: 2, thief: true, generations: 2, beginnings: vec![chain(0, None)] };
        is_told(&format!("two processes and a thief, `{}`", policy.name()), explore(robbed));
    }
}
