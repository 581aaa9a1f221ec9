//! Processes that are killed: SIGKILL, after a random time, while 16 callers refresh. Half of them are killed at once after
//! an answer, when what it rests on was just written. This shows that the process keeps nothing
//! back that it told. It does not show that anything is on the disk: the kernel has the pages. `cuts.rs` shows that.

use crate::callers::{Callers, Told, run_if_started};
use crate::random::{Random, rounds};
use crate::state::{folder, heads, open, prepare};
use std::collections::HashSet;
use std::thread::sleep;
use std::time::Duration;

const CALLERS: usize = 16;
const GRANTS: usize = 40;

#[test]
fn a_killed_process_loses_nothing_that_it_told() {
    run_if_started();
    let (folder, mut random, rounds) = (folder("kills"), Random::seeded(), rounds(10));
    prepare(&folder, GRANTS);
    let mut before = vec![0; GRANTS];
    let (mut told, mut given, mut untold) = (0, 0, 0);
    for round in 0..rounds {
        let callers = Callers {
            folder: &folder,
            count: CALLERS,
            grants: GRANTS,
            refreshes: u64::MAX,
            seed: random.next(),
        };
        let running = callers.start("kills::a_killed_process_loses_nothing_that_it_told", []);
        sleep(Duration::from_millis(random.within(15..=200)));
        let answers = running.kill(round % 2 == 0);
        // The next process can open it at once.
        drop(open(&folder).unwrap());
        let after = heads(&folder, GRANTS);
        let generations = given_once(&answers, &before, &after);
        let made = after.iter().sum::<u32>() - before.iter().sum::<u32>();
        assert!(made <= generations + CALLERS as u32, "{made} were made, and {generations} were told");
        (told, given, untold) = (told + answers.len(), given + generations, untold + made - generations);
        before = after;
    }
    assert!(given > 0, "every process was killed before it told anything");
    println!(
        "{rounds} kills: {told} answers, {given} generations given, none lost or given twice; {untold} made but not told"
    );
}

/// Checks the answers against the heads before and after. Returns how many generations were given.
fn given_once(answers: &[Told], before: &[u32], after: &[u32]) -> u32 {
    let mut given = HashSet::new();
    for told @ Told { grant, generation, given: new } in answers {
        assert!(*generation <= after[*grant], "{told:?} is lost: the head is {}", after[*grant]);
        if *new {
            assert!(*generation > before[*grant], "{told:?} was given by an earlier process");
            assert!(given.insert((grant, generation)), "{told:?} was given twice");
        }
    }
    given.len() as u32
}
