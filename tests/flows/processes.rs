//! Several processes of one client that hold different refresh tokens, and a transport that loses answers.

use crate::events;
use crate::refresh::signed_in;
use async_trait::async_trait;
use doorward::wire::{EventKind, Request, Response};
use harness::client::Tokens;
use harness::test_server::{Standing, Transport};
use harness::{Client, Person, TestServer};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_concurrent_processes_with_one_token_get_the_same_successor() {
    let (test, client, mut tokens) = signed_in().await;
    for _ in 0..5 {
        let mut processes = JoinSet::new();
        for _ in 0..16 {
            let (test, refreshes) = (test.clone(), client.refreshes(&tokens.refresh));
            processes.spawn(async move { Tokens::of(&test.send(refreshes).await) });
        }
        let mut successors = processes.join_all().await;
        successors.dedup_by(|one, other| one.refresh == other.refresh);
        assert_eq!((successors.len(), test.store.take().writes), (1, 16));
        tokens = successors.remove(0);
        test.clock.pass(Duration::from_secs(3600));
    }
}

/// A transport that loses one answer.
struct Losing {
    way: Arc<dyn Transport>,
    /// The number of answers that arrive before the lost one.
    before: AtomicUsize,
}

#[async_trait]
impl Transport for Losing {
    /// When the answer is lost, the request is sent again, as a client does after a timeout.
    async fn send(&self, request: Request) -> Response {
        let answer = self.way.send(request.clone()).await;
        match self.before.fetch_sub(1, Ordering::SeqCst) {
            0 => self.way.send(request).await,
            _ => answer,
        }
    }

    async fn call(&self, request: Request) -> Response {
        self.way.call(request).await
    }
}

/// Runs a sign-in and five refreshes, then adds one to `answers`.
async fn live(test: &Standing, answers: &AtomicUsize) {
    let client = Client::register(test).await;
    let mut alice = Person::alice();
    let code = client.obtain_code(test, &mut alice).await;
    let redeemed = test.send(client.redeems(&code)).await;
    let mut tokens = match redeemed.status().as_u16() {
        200 => Tokens::of(&redeemed),
        // The code was spent by the lost answer; the user authorizes the client again.
        _ => client.obtain_tokens(test, &mut alice).await,
    };
    for _ in 0..5 {
        test.clock.pass(Duration::from_secs(3600));
        tokens = Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    }
    answers.fetch_add(1, Ordering::SeqCst);
}

#[tokio::test]
async fn losing_any_one_answer_does_not_end_the_grant() {
    let lived = AtomicUsize::new(0);
    for before in 0..11 {
        let test = TestServer::new().await;
        let losing =
            |way| -> Arc<dyn Transport> { Arc::new(Losing { way, before: AtomicUsize::new(before) }) };
        live(&test.behind(losing), &lived).await;
    }
    assert_eq!(lived.into_inner(), 11);
}

/// Pseudorandom numbers that are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// A machine that shares a token file with another: it reads, refreshes and writes, with a delay before each step.
struct Machine {
    token: String,
    next: Step,
    at: u64,
}

#[derive(Clone, Copy)]
enum Step {
    Read,
    Refresh,
    Write,
}

/// The upper bound of the delay between two steps of a machine, in seconds.
const HELD_UP: u64 = 180;

#[tokio::test]
async fn two_machines_that_share_a_token_file_refresh_two_hundred_times() {
    for seed in 1..=4 {
        let (test, client, first) = signed_in().await;
        let (mut dice, mut now, mut file, mut refreshes, mut lost) = (Dice(seed), 0, first.refresh, 0, 0);
        let machine = || Machine { token: String::new(), next: Step::Read, at: 0 };
        let mut machines = [machine(), machine()];
        while refreshes < 200 {
            let machine = machines.iter_mut().min_by_key(|machine| machine.at).unwrap();
            test.clock.pass(Duration::from_secs(machine.at - now));
            now = machine.at;
            let (next, wait) = match machine.next {
                Step::Read => {
                    machine.token.clone_from(&file);
                    (Step::Refresh, dice.below(HELD_UP))
                }
                Step::Refresh => {
                    let answer = test.send(client.refreshes(&machine.token)).await;
                    assert_eq!(events(&answer), [EventKind::Refreshed], "{seed}, after {refreshes}");
                    if dice.below(4) == 0 {
                        lost += 1;
                        (Step::Refresh, dice.below(10))
                    } else {
                        machine.token = Tokens::of(&answer).refresh;
                        (Step::Write, dice.below(HELD_UP))
                    }
                }
                Step::Write => {
                    file.clone_from(&machine.token);
                    refreshes += 1;
                    // The wait is often 0 s, so that both machines come at the same time.
                    (Step::Read, dice.below(3) * 1200)
                }
            };
            (machine.next, machine.at) = (next, now + wait);
        }
        assert!(lost > 20, "{lost}");
    }
}
