//! Tests of keys and key rotation on AWS: each function reads the keys of its role, and a rotation interrupts nothing.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod ensure;

use doorward::ports::{Clock, Timestamp};
use doorward::protocol::paths;
use doorward::sealed::Purpose;
use doorward_parameters::{
    FunctionKeys, KeysError, Known, Names, Needs, ParameterStore, REREAD, Roots, WAIT,
};
use harness::client::{Client, Tokens, tool_call};
use harness::deployed::PATH;
use harness::fakes::TestEntropy;
use harness::person::sent_on;
use harness::test_server::{get, header, json, parameter, post_json};
use harness::{Emulator, Fault, Person, TestServer};
use std::time::Duration;

/// An operator with entropy of its own.
struct Operator {
    store: ParameterStore,
    names: Names,
    entropy: TestEntropy,
}

impl Operator {
    fn of(emulator: &Emulator) -> Self {
        let account = emulator.account("admin");
        let store = ParameterStore::new(account.clone(), account.connector().unwrap());
        let entropy = TestEntropy::default();
        Self { store, names: Names::below(PATH), entropy }
    }

    fn roots(&self) -> Roots<'_> {
        Roots::new(&self.store, &self.names)
    }

    async fn rotate(&self, now: Timestamp) -> Result<Vec<Known>, KeysError> {
        self.roots().rotate(&self.entropy, now).await
    }
}

/// Checks that the tokens and sessions of a user and a client work. Returns the refreshed tokens.
async fn everything_works(test: &TestServer, alice: &mut Person, client: &Client, tokens: Tokens) -> Tokens {
    assert_eq!(test.call(tool_call(Some(&tokens.access), "current")).await.status(), 200, "the access token");
    let refreshed = Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    let page = alice.reach_consent(test, &client.url()).await;
    let back = alice.submit(test, &page, "allow").await;
    let code = parameter(sent_on(&back), "code").unwrap();
    let other = Tokens::of(&test.send(client.redeems(&code)).await);
    assert_eq!(
        test.call(tool_call(Some(&other.access), "current")).await.status(),
        200,
        "a new access token"
    );
    refreshed
}

#[tokio::test]
async fn everything_works_at_every_moment_of_a_key_rotation() {
    let test = TestServer::new().await;
    let operator = Operator::of(&test.emulator);
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let mut tokens = client.obtain_tokens(&test, &mut alice).await;
    let known = operator.rotate(test.clock.now()).await.unwrap();
    assert_eq!(
        known.iter().map(|key| key.makes).collect::<Vec<_>>(),
        [true, false],
        "the new key is not used yet"
    );
    // The functions read their keys again at different times: after each step, some still have the old keys.
    for _ in 0..20 {
        test.clock.pass(Duration::from_secs(67));
        tokens = everything_works(&test, &mut alice, &client, tokens).await;
    }
    let known = operator.roots().list(test.clock.now()).await.unwrap();
    assert_eq!(known.iter().map(|key| key.makes).collect::<Vec<_>>(), [false, true]);
    assert_ne!(Client::register(&test).await.id, client.id, "the new key makes new client ids");
    assert_eq!(json(&test.send(get(paths::JWKS)).await)["keys"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn functions_with_keys_of_different_age_accept_each_others_tokens() {
    let test = TestServer::new().await;
    let operator = Operator::of(&test.emulator);
    let client = Client::register(&test).await;
    test.send(get(paths::JWKS)).await;
    let started = test.clock.now();
    operator.rotate(started).await.unwrap();
    // Sign-in reads its keys just before the new key is used, the token endpoint just after.
    test.clock.pass(WAIT - Duration::from_secs(1));
    let mut alice = Person::alice();
    let early = client.obtain_code(&test, &mut alice).await;
    test.clock.pass(Duration::from_secs(2));
    let tokens = Tokens::of(&test.send(client.redeems(&early)).await);
    test.clock.pass(REREAD);
    everything_works(&test, &mut alice, &client, tokens).await;
}

#[tokio::test]
async fn tokens_of_a_forgotten_key_are_refused() {
    let test = TestServer::new().await;
    let operator = Operator::of(&test.emulator);
    let client = Client::register(&test).await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    let first = operator.roots().list(test.clock.now()).await.unwrap()[0].from;
    assert_eq!(operator.roots().forget(first, test.clock.now()).await, Err(KeysError::InUse));
    operator.rotate(test.clock.now()).await.unwrap();
    test.clock.pass(WAIT);
    assert_eq!(operator.roots().forget(Timestamp(1), test.clock.now()).await, Err(KeysError::Unknown));
    operator.roots().forget(first, test.clock.now()).await.unwrap();
    test.clock.pass(REREAD);
    assert_eq!(test.call(tool_call(Some(&tokens.access), "current")).await.status(), 401);
    let refused = test.send(client.refreshes(&tokens.refresh)).await;
    assert_eq!(json(&refused)["error"], "invalid_client", "clients register again");
    let again = Client::register(&test).await;
    again.obtain_tokens(&test, &mut Person::alice()).await;
}

/// If a key rotation fails at any call, everything still works, and the next command finishes it.
#[tokio::test]
async fn an_interrupted_key_rotation_is_finished_by_the_next() {
    const CALLS: usize = 15;
    for break_at in 0..CALLS {
        let test = TestServer::new().await;
        let operator = Operator::of(&test.emulator);
        let client = Client::register(&test).await;
        let mut alice = Person::alice();
        let mut tokens = client.obtain_tokens(&test, &mut alice).await;
        test.emulator.set_faults([Fault::None].repeat(break_at));
        test.emulator.set_faults([Fault::Down].repeat(4));
        let broken = operator.rotate(test.clock.now()).await;
        assert!(matches!(broken, Err(KeysError::Unanswered(_))), "at {break_at}: {broken:?}");
        // The operator does not react for an hour.
        for _ in 0..4 {
            test.clock.pass(WAIT + Duration::from_secs(1));
            tokens = everything_works(&test, &mut alice, &client, tokens).await;
        }
        operator.rotate(test.clock.now()).await.unwrap();
        for _ in 0..8 {
            test.clock.pass(Duration::from_secs(150));
            tokens = everything_works(&test, &mut alice, &client, tokens).await;
        }
        let known = operator.roots().list(test.clock.now()).await.unwrap();
        assert!(known.last().unwrap().makes && known.len() >= 2, "at {break_at}: {known:?}");
    }
}

#[tokio::test]
async fn a_function_without_keys_answers_503_until_keys_exist() {
    let test = TestServer::new().await;
    test.emulator.forget_parameters();
    let answer = test.send(get(paths::METADATA)).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (503, "2"));
    assert_eq!(json(&answer)["error"], "temporarily_unavailable");
    Operator::of(&test.emulator).rotate(test.clock.now()).await.unwrap();
    assert_eq!(test.send(get(paths::METADATA)).await.status(), 200);
}

#[tokio::test]
async fn cached_keys_are_kept_if_they_cannot_be_read_again() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    test.clock.pass(REREAD);
    test.emulator.set_faults([Fault::Down].repeat(4));
    assert_eq!(Client::register(&test).await.id, client.id);
    test.emulator.calls();
    assert_eq!(Client::register(&test).await.id, client.id);
    assert!(test.emulator.calls().is_empty(), "the functions do not try again at once");
    test.clock.pass(Duration::from_secs(30));
    assert_eq!(Client::register(&test).await.id, client.id);
    assert_eq!(test.emulator.calls().len(), 1);
}

/// So a key that an operator has removed is refused in the end, whether or not Parameter Store answers.
#[tokio::test]
async fn keys_that_cannot_be_read_again_are_used_for_an_hour_at_most() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    test.clock.pass(Duration::from_secs(59 * 60));
    test.emulator.set_faults([Fault::Down].repeat(4));
    assert_eq!(Client::register(&test).await.id, client.id);
    test.clock.pass(Duration::from_secs(60));
    test.emulator.set_faults([Fault::Down].repeat(4));
    let answer = test.send(post_json(paths::REGISTER, r#"{"redirect_uris":["https://a.example/cb"]}"#)).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (503, "2"));
    assert_eq!(Client::register(&test).await.id, client.id);
}

#[tokio::test]
async fn a_malformed_key_parameter_is_an_error() {
    let emulator = Emulator::start().await;
    let operator = Operator::of(&emulator);
    operator.rotate(Timestamp(10)).await.unwrap();
    let needs = Needs {
        purposes: &[Purpose::Codes],
        public_keys: true,
        identity_keys: false,
        provider_secret: false,
        upstream_headers: false,
        trust: false,
    };
    let read = async || FunctionKeys::read(&operator.store, &operator.names, needs, Timestamp(20)).await;
    assert!(read().await.is_ok());
    for nonsense in ["", "[]", "{}", "[{\"from\":1,\"value\":\"AAAA\"}]", "[{\"from\":-1,\"value\":\"\"}]"] {
        operator.store.write(&operator.names.of(Purpose::Codes), nonsense).await.unwrap();
        assert!(read().await.is_err(), "{nonsense}");
    }
    let roots = operator.names.root();
    operator.store.write(&roots, "nonsense").await.unwrap();
    assert!(operator.rotate(Timestamp(30)).await.is_err(), "a root that cannot be read is not replaced");
}
