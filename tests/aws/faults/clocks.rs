//! Tests of functions whose clocks differ.

use crate::live;
use doorward::config::Lifetimes;
use doorward::ports::{Clock, Timestamp};
use doorward::store::Stores;
use doorward_runtime::{Dependencies, role};
use harness::Emulator;
use harness::adapter::{Adapter, Clocks};
use harness::client::{Client, Tokens};
use harness::deployed::{set_keys, twin};
use harness::fakes::{TestClock, TestPasswords};
use harness::test_server::{NAME, PASSWORD, Standing, sound};
use harness::{Person, client::tool_call};
use std::sync::Arc;
use std::time::Duration;

/// The difference between the clocks, in seconds.
const APART: u64 = 30;

/// A clock that is ahead of another.
struct Ahead(Arc<TestClock>);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.now().0 + APART)
    }
}

/// The functions over a table, which other functions may share. The clocks of the functions in `ahead` are ahead.
async fn functions(emulator: &Emulator, clock: &Arc<TestClock>, ahead: Vec<&'static str>) -> Standing {
    let config = sound().build().expect("a sound configuration");
    let passwords = Arc::new(TestPasswords::default());
    let dependencies = Dependencies {
        stores: Stores::of(Arc::new(emulator.store().await)),
        passwords: passwords.clone(),
        clock: clock.clone(),
        entropy: emulator.entropy(),
        ..Dependencies::empty()
    };
    let right = clock.clone();
    let clocks: Clocks = Arc::new(move |name| match ahead.contains(&name) {
        true => Arc::new(Ahead(right.clone())),
        false => right.clone(),
    });
    let place = Adapter::start(emulator, &config, &clocks, &dependencies).await;
    let twin = twin(config, dependencies, &[7]);
    let (store, web) = (Arc::new(emulator.clone()), Arc::default());
    Standing::standing(Arc::new(place), twin, clock.clone(), store, web, passwords)
}

async fn table() -> (Emulator, Arc<TestClock>) {
    let (emulator, clock) = (Emulator::start().await, Arc::new(TestClock::new()));
    set_keys(&emulator, &[7], clock.now()).await;
    functions(&emulator, &clock, Vec::new()).await.introduce(NAME, PASSWORD).await;
    (emulator, clock)
}

/// Tries every subset of the functions as the ones whose clocks are ahead.
#[tokio::test]
async fn functions_with_different_clocks_work_together() {
    for chosen in 0..1_u32 << role::ALL.len() {
        let names = role::ALL.iter().enumerate().filter(|(place, _)| chosen >> place & 1 == 1);
        let ahead: Vec<_> = names.map(|(_, role)| role.name).collect();
        let (emulator, clock) = table().await;
        live(&functions(&emulator, &clock, ahead).await).await;
    }
}

/// Two processes of the token endpoint, one of them ahead: one writes the time, the other judges by it.
#[tokio::test]
async fn a_lost_answer_is_given_again_by_a_process_whose_clock_differs() {
    for (first, second) in [("token", "nobody"), ("nobody", "token")] {
        let (emulator, clock) = table().await;
        let servers = [
            functions(&emulator, &clock, vec![first]).await,
            functions(&emulator, &clock, vec![second]).await,
        ];
        let client = Client::register(&servers[0]).await;
        let tokens = client.obtain_tokens(&servers[0], &mut Person::alice()).await;
        let lost = Tokens::of(&servers[0].send(client.refreshes(&tokens.refresh)).await);
        clock.pass(Lifetimes::default().refresh_window - Duration::from_secs(1));
        let again = Tokens::of(&servers[1].send(client.refreshes(&tokens.refresh)).await);
        assert_eq!(again.refresh, lost.refresh);
        assert_eq!(servers[1].call(tool_call(Some(&again.access), "current")).await.status(), 200);
    }
}
