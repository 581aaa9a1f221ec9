//! The house of the local harness, standing on AWS.

use crate::binaries::Dial;
use crate::deployed::{set_keys, twin};
use crate::emulator::Emulator;
use doorward::client::Documents;
use doorward::config::{Config, Lifetimes};
use doorward::ports::{Clock, Passwords};
use doorward::protocol::Issuer;
use doorward::provider::Provider;
use doorward_outbound::Asker;
use doorward_runtime::Hands;
use local_harness::counting::{Count, Watched};
use local_harness::hands::{TestClock, TestWeb};

pub use local_harness::house::{
    NAME, PASSWORD, Place, Standing, config, get, guard, header, json, parameter, post, post_json, read_out,
    root, secret_of, text,
};

use std::ops::Deref;
use std::sync::Arc;

/// A house whose functions are called as Lambda calls them, over an emulator of the services.
#[derive(Clone)]
pub struct House {
    standing: Standing,
    /// What it stands on.
    pub emulator: Emulator,
    dial: Dial,
}

impl Deref for House {
    type Target = Standing;

    fn deref(&self) -> &Standing {
        &self.standing
    }
}

impl House {
    /// A house on https, as the local harness has it.
    pub async fn new() -> Self {
        Self::at("https://auth.example", "https://mcp.example/mcp").await
    }

    /// A house at these addresses.
    pub async fn at(issuer: &str, resource: &str) -> Self {
        Self::with(issuer, resource, Lifetimes::default()).await
    }

    /// A house in which things hold as long as the test says.
    pub async fn with(issuer: &str, resource: &str, lifetimes: Lifetimes) -> Self {
        Self::of(config(Issuer::parse(issuer).expect("an issuer"), resource, lifetimes)).await
    }

    /// A house of this configuration.
    pub async fn of(config: Config) -> Self {
        let emulator = Emulator::start().await;
        let dial = Dial::new();
        let hand = dial.clone();
        let clock = Arc::new(TestClock::telling(move |now| hand.set(now)));
        let house = Self::build(config, emulator, clock, dial, Arc::default(), &[7]).await;
        house.introduce(NAME, PASSWORD).await;
        house
    }

    /// The same house after its secrets have changed: the first makes what is new, all are accepted.
    pub async fn with_secrets(self, secrets: &[u8]) -> Self {
        Self::build(
            self.server.config.clone(),
            self.emulator.clone(),
            self.clock.clone(),
            self.dial.clone(),
            self.web.clone(),
            secrets,
        )
        .await
    }

    async fn build(
        config: Config,
        emulator: Emulator,
        clock: Arc<TestClock>,
        dial: Dial,
        web: Arc<TestWeb>,
        secrets: &[u8],
    ) -> Self {
        set_keys(&emulator, secrets, clock.now()).await;
        let hands = Hands {
            store: Arc::new(emulator.store().await),
            documents: Arc::new(Documents::new(web.clone(), config.issuer.is_loopback())),
            passwords: passwords(&emulator),
            provider: Arc::new(Provider::new(Arc::new(Asker::default()))),
            clock: clock.clone(),
            entropy: emulator.entropy(),
        };
        let place = place(&emulator, &config, &clock, &dial, &hands).await;
        let server = twin(config, hands, secrets);
        let watched = Arc::new(emulator.clone());
        Self { standing: Standing::standing(place, server, clock, watched, web), emulator, dial }
    }
}

/// Where houses of this build stand: real processes, or functions in this one.
#[cfg(feature = "binaries")]
async fn place(
    emulator: &Emulator,
    config: &Config,
    _: &Arc<TestClock>,
    dial: &Dial,
    _: &Hands,
) -> Arc<dyn Place> {
    Arc::new(crate::binaries::Binaries::new(emulator, config, dial))
}

#[cfg(not(feature = "binaries"))]
async fn place(
    emulator: &Emulator,
    config: &Config,
    clock: &Arc<TestClock>,
    _: &Dial,
    hands: &Hands,
) -> Arc<dyn Place> {
    let clock = clock.clone();
    let clocks: crate::adapter::Clocks = Arc::new(move |_| clock.clone());
    Arc::new(crate::adapter::Adapter::start(emulator, config, &clocks, hands).await)
}

/// Real processes compare real hashes.
#[cfg(feature = "binaries")]
fn passwords(emulator: &Emulator) -> Arc<dyn Passwords> {
    Arc::new(doorward_passwords::Argon2id::new(1, emulator.entropy()))
}

#[cfg(not(feature = "binaries"))]
fn passwords(_: &Emulator) -> Arc<dyn Passwords> {
    Arc::new(local_harness::hands::TestPasswords)
}

impl Watched for Emulator {
    /// The requests of functions, not of tests.
    fn take(&self) -> Count {
        let mut count = Count { reads: 0, writes: 0 };
        for call in self.calls().iter().filter(|call| call.signer != "tests") {
            match call.action.as_str() {
                "dynamodb:GetItem" | "dynamodb:Query" | "dynamodb:BatchGetItem" => count.reads += 1,
                "dynamodb:PutItem" | "dynamodb:UpdateItem" | "dynamodb:DeleteItem" => count.writes += 1,
                _ => {}
            }
        }
        count
    }

    fn set_broken(&self, broken: bool) {
        self.spoil_all(broken.then_some(crate::front::Fault::Down));
    }
}
