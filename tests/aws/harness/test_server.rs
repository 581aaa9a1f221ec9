//! Test server on AWS, with the same interface as the test server of the local harness.

use crate::binaries::Dial;
use crate::deployed::{set_keys, set_trust, twin};
use crate::emulator::Emulator;
use doorward::client::Documents;
use doorward::config::{Config, ConfigBuilder, Lifetimes};
use doorward::ports::{Clock, Passwords};
use doorward::provider::Provider;
use doorward::store::Stores;
use doorward_outbound::OutboundClient;
use doorward_runtime::Dependencies;
use local_harness::counting::{Count, Watched};
use local_harness::fakes::{TestClock, TestPasswords, TestWeb};

pub use local_harness::test_server::{
    NAME, PASSWORD, Standing, Transport, config, get, guard, header, json, parameter, post, post_json,
    provider_secret, read_out, root, secret_of, sound, text, used_by,
};

use std::ops::Deref;
use std::sync::Arc;

/// A server whose functions are called as by Lambda, over an emulator of the services.
#[derive(Clone)]
pub struct TestServer {
    standing: Standing,
    /// The emulator of the AWS services.
    pub emulator: Emulator,
    dial: Dial,
}

/// The fakes that stay the same in a key rotation.
#[derive(Default)]
struct Fakes {
    web: Arc<TestWeb>,
    passwords: Arc<TestPasswords>,
}

impl Deref for TestServer {
    type Target = Standing;

    fn deref(&self) -> &Standing {
        &self.standing
    }
}

impl TestServer {
    /// A server on https, with the same addresses as in the local harness.
    pub async fn new() -> Self {
        Self::at("https://auth.example", "https://mcp.example/mcp").await
    }

    /// A server with this issuer and this resource.
    pub async fn at(issuer: &str, resource: &str) -> Self {
        Self::of(config(issuer, resource)).await
    }

    /// A server with these lifetimes.
    pub async fn with(lifetimes: Lifetimes) -> Self {
        Self::of(sound().lifetimes(lifetimes)).await
    }

    /// A server with this configuration.
    pub async fn of(config: ConfigBuilder) -> Self {
        let config = config.build().expect("a sound configuration");
        let emulator = Emulator::start().await;
        let dial = Dial::new();
        let hand = dial.clone();
        let clock = Arc::new(TestClock::telling(move |now| hand.set(now)));
        let test = Self::build(config, emulator, clock, dial, Fakes::default(), &[7]).await;
        test.introduce(NAME, PASSWORD).await;
        test
    }

    /// The same server, deployed again with another configuration.
    pub async fn with_config(self, config: ConfigBuilder) -> Self {
        let config = config.build().expect("a sound configuration");
        self.again(config, &[7]).await
    }

    /// The same server after a key rotation: the first secret makes new tokens; all are accepted.
    pub async fn with_secrets(self, secrets: &[u8]) -> Self {
        let config = self.server.config.clone();
        self.again(config, secrets).await
    }

    async fn again(&self, config: Config, secrets: &[u8]) -> Self {
        Self::build(
            config,
            self.emulator.clone(),
            self.clock.clone(),
            self.dial.clone(),
            Fakes { web: self.web.clone(), passwords: self.passwords.clone() },
            secrets,
        )
        .await
    }

    async fn build(
        config: Config,
        emulator: Emulator,
        clock: Arc<TestClock>,
        dial: Dial,
        fakes: Fakes,
        secrets: &[u8],
    ) -> Self {
        let Fakes { web, passwords } = fakes;
        set_keys(&emulator, secrets, clock.now()).await;
        set_trust(&emulator, &config).await;
        let dependencies = Dependencies {
            stores: Stores::of(Arc::new(emulator.store().await)),
            documents: Arc::new(Documents::new(web.clone(), config.issuer().is_loopback())),
            passwords: hashing(&emulator, &passwords),
            provider: Arc::new(Provider::new(Arc::new(OutboundClient::default()))),
            clock: clock.clone(),
            entropy: emulator.entropy(),
        };
        let place = place(&emulator, &config, &clock, &dial, &dependencies).await;
        let server = twin(config, dependencies, secrets);
        let watched = Arc::new(emulator.clone());
        Self { standing: Standing::standing(place, server, clock, watched, web, passwords), emulator, dial }
    }
}

/// The transport of this build: real processes, or functions in this process.
#[cfg(feature = "binaries")]
async fn place(
    emulator: &Emulator,
    config: &Config,
    _: &Arc<TestClock>,
    dial: &Dial,
    _: &Dependencies,
) -> Arc<dyn Transport> {
    Arc::new(crate::binaries::Binaries::new(emulator, config, dial))
}

#[cfg(not(feature = "binaries"))]
async fn place(
    emulator: &Emulator,
    config: &Config,
    clock: &Arc<TestClock>,
    _: &Dial,
    dependencies: &Dependencies,
) -> Arc<dyn Transport> {
    let clock = clock.clone();
    let clocks: crate::adapter::Clocks = Arc::new(move |_| clock.clone());
    Arc::new(crate::adapter::Adapter::start(emulator, config, &clocks, dependencies).await)
}

/// Real processes verify Argon2id hashes.
#[cfg(feature = "binaries")]
fn hashing(emulator: &Emulator, _: &Arc<TestPasswords>) -> Arc<dyn Passwords> {
    Arc::new(doorward_passwords::Argon2id::new(1, emulator.entropy()))
}

#[cfg(not(feature = "binaries"))]
fn hashing(_: &Emulator, fake: &Arc<TestPasswords>) -> Arc<dyn Passwords> {
    fake.clone()
}

/// Whether a call reads the list of blocked clients, which a process does about once a minute.
fn is_block_list(call: &crate::Call) -> bool {
    call.action == "dynamodb:GetItem" && call.body["Key"]["pk"]["S"] == "blocks#clients"
}

impl Watched for Emulator {
    /// Counts the requests of the functions, without those of the tests.
    fn take(&self) -> Count {
        let mut count = Count { reads: 0, writes: 0 };
        for call in self.calls().iter().filter(|call| call.signer != "tests" && !is_block_list(call)) {
            match call.action.as_str() {
                "dynamodb:GetItem" | "dynamodb:Query" | "dynamodb:BatchGetItem" => count.reads += 1,
                "dynamodb:PutItem" | "dynamodb:UpdateItem" | "dynamodb:DeleteItem" => count.writes += 1,
                _ => {}
            }
        }
        count
    }

    /// Not counted apart: the calls that [`Watched::take`] has taken would be lost.
    fn take_block_lists(&self) -> u32 {
        self.calls().iter().filter(|call| is_block_list(call)).count().try_into().expect("few calls")
    }

    fn set_broken(&self, broken: bool) {
        self.set_fault_for_all(broken.then_some(crate::front::Fault::Down));
    }
}
