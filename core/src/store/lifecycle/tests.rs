//! The rules of a grant, at the edges of their times.

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
    assert_eq!([state.rotate(0, at(100)), state.rotate(1, at(107))], [UseOutcome::Next, UseOutcome::Next]);
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
