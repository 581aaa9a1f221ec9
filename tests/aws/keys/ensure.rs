//! Tests of `ensure-keys`: it completes what was interrupted, and nothing is written that cannot be right.

use crate::Operator;
use doorward::ports::{Clock, Timestamp};
use doorward::protocol::paths;
use doorward::sealed::Purpose;
use doorward_parameters::{Ensured, FunctionKeys, KeysError, Needs, WAIT};
use harness::test_server::{get, json};
use harness::{Client, Emulator, Fault, Person, TestServer};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinSet;

/// Two requests read everything, twelve write, and one reads the root back.
const CALLS: usize = 15;

const HOUR: Duration = Duration::from_secs(3600);

impl Operator {
    async fn ensure(&self, now: Timestamp) -> Result<Ensured, KeysError> {
        self.roots().ensure(&self.entropy, now).await
    }

    /// The values of all parameters of the keys.
    async fn everything(&self) -> BTreeMap<String, String> {
        let purposes = Purpose::ALL.iter().map(|purpose| self.names.of(*purpose));
        let names: Vec<_> = [self.names.root(), self.names.public_keys(), self.names.identity_keys()]
            .into_iter()
            .chain(purposes)
            .collect();
        let read = self.store.read(&names).await.unwrap();
        read.into_iter().map(|(name, stored)| (name, stored.value.to_string())).collect()
    }
}

/// The number of writes since the last call.
fn writes(emulator: &Emulator) -> usize {
    emulator.calls().iter().filter(|call| call.action == "ssm:PutParameter").count()
}

#[tokio::test]
async fn a_first_key_that_was_interrupted_at_any_call_is_completed() {
    let mut all = JoinSet::new();
    for break_at in 0..CALLS {
        all.spawn(interrupted(Fault::Down, break_at, true));
        all.spawn(interrupted(Fault::Down, break_at, false));
        all.spawn(interrupted(Fault::Lost, break_at, false));
    }
    all.join_all().await;
}

async fn interrupted(fault: Fault, break_at: usize, by_rotation: bool) {
    let test = TestServer::new().await;
    test.emulator.forget_parameters();
    let operator = Operator::of(&test.emulator);
    test.emulator.set_faults([Fault::None].repeat(break_at));
    test.emulator.set_faults([fault].repeat(4));
    let now = test.clock.now();
    let broken = match by_rotation {
        true => operator.rotate(now).await.err(),
        false => operator.ensure(now).await.err(),
    };
    assert!(matches!(broken, Some(KeysError::Unanswered(_))), "{fault:?} at {break_at}: {broken:?}");
    test.clock.pass(HOUR);
    let ensured = operator.ensure(test.clock.now()).await.unwrap();
    assert!(ensured.keys.len() == 1 && ensured.keys[0].makes, "{fault:?} at {break_at}: {ensured:?}");
    assert!(ensured.keys[0].from <= test.clock.now(), "a first key does not wait");
    let client = Client::register(&test).await;
    client.obtain_tokens(&test, &mut Person::alice()).await;
    let again = operator.ensure(test.clock.now()).await.unwrap();
    assert_eq!((again.keys, again.written), (ensured.keys, vec![]), "{fault:?} at {break_at}");
}

/// The request is sent again, and finds what it did the first time.
#[tokio::test]
async fn one_lost_response_does_not_matter() {
    for lost in 0..CALLS {
        let emulator = Emulator::start().await;
        let operator = Operator::of(&emulator);
        emulator.set_faults([Fault::None].repeat(lost));
        emulator.set_faults([Fault::Lost]);
        let ensured = operator.ensure(Timestamp(10)).await;
        assert!(ensured.as_ref().is_ok_and(|ensured| ensured.keys.len() == 1), "at {lost}: {ensured:?}");
        assert_eq!(operator.ensure(Timestamp(20)).await.unwrap().written, Vec::<String>::new());
    }
}

#[tokio::test]
async fn keys_that_are_complete_are_not_written_again() {
    let emulator = Emulator::start().await;
    let operator = Operator::of(&emulator);
    let first = operator.ensure(Timestamp(10)).await.unwrap();
    assert_eq!((first.written.len(), writes(&emulator)), (12, 12));
    operator.rotate(Timestamp(20)).await.unwrap();
    emulator.calls();
    let again = operator.ensure(Timestamp(30)).await.unwrap();
    assert_eq!((again.keys.len(), again.written, writes(&emulator)), (2, vec![], 0));
}

/// Functions that do not know a key yet must have read it before it makes anything.
#[tokio::test]
async fn a_rotation_that_is_completed_late_waits_again() {
    // From the write of the first list to that of the last, some lists have the key and some do not.
    for break_at in 3..CALLS - 1 {
        let emulator = Emulator::start().await;
        let operator = Operator::of(&emulator);
        operator.ensure(Timestamp(10)).await.unwrap();
        emulator.set_faults([Fault::None].repeat(break_at));
        emulator.set_faults([Fault::Down].repeat(4));
        operator.rotate(Timestamp(20)).await.unwrap_err();
        let late = Timestamp(20).after(HOUR);
        let keys = operator.ensure(late).await.unwrap().keys;
        let times: Vec<_> = keys.iter().map(|key| key.from).collect();
        assert_eq!(times, [Timestamp(10), late.after(WAIT)], "at {break_at}");
    }
}

#[tokio::test]
async fn an_interrupted_removal_of_a_key_is_completed() {
    for break_at in 3..CALLS {
        let emulator = Emulator::start().await;
        let operator = Operator::of(&emulator);
        operator.ensure(Timestamp(10)).await.unwrap();
        operator.rotate(Timestamp(20)).await.unwrap();
        let later = Timestamp(20).after(WAIT);
        emulator.set_faults([Fault::None].repeat(break_at));
        emulator.set_faults([Fault::Down].repeat(4));
        operator.roots().forget(Timestamp(10), later).await.unwrap_err();
        assert_eq!(operator.ensure(later).await.unwrap().keys.len(), 1);
        for (name, value) in operator.everything().await {
            assert_eq!(value.matches("from").count(), 1, "at {break_at}: {name}");
        }
    }
}

/// An update of the functions can need a purpose that no parameter exists for.
#[tokio::test]
async fn the_secrets_of_a_new_purpose_are_published_and_no_key_gets_another_time() {
    for purpose in Purpose::ALL {
        let emulator = Emulator::start().await;
        let operator = Operator::of(&emulator);
        operator.ensure(Timestamp(10)).await.unwrap();
        operator.rotate(Timestamp(20)).await.unwrap();
        let (keys, all) = (operator.roots().list(Timestamp(30)).await.unwrap(), operator.everything().await);
        let name = operator.names.of(*purpose);
        for nonsense in [None, Some("[]"), Some("nonsense")] {
            emulator.forget_parameter(&name);
            if let Some(nonsense) = nonsense {
                operator.store.write(&name, nonsense).await.unwrap();
            }
            let ensured = operator.ensure(Timestamp(30)).await.unwrap();
            assert_eq!((&ensured.keys, ensured.written), (&keys, vec![name.clone()]), "{nonsense:?}");
            assert_eq!(operator.everything().await, all);
        }
    }
}

/// A deployment of the version before has no parameters for the gateway.
#[tokio::test]
async fn an_update_from_before_the_gateway_signs_no_user_out() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    let operator = Operator::of(&test.emulator);
    let names = &operator.names;
    let new = [names.identity_keys(), names.of(Purpose::Identities), names.of(Purpose::UpstreamSessions)];
    operator.ensure(test.clock.now()).await.unwrap();
    let all = operator.everything().await;
    new.iter().for_each(|name| test.emulator.forget_parameter(name));
    let identities = test.send(get(paths::IDENTITY_JWKS)).await;
    assert_eq!((identities.status().as_u16(), &json(&identities)["keys"]), (200, &serde_json::json!([])));
    let ensured = operator.ensure(test.clock.now()).await.unwrap();
    let written: std::collections::BTreeSet<_> = ensured.written.into_iter().collect();
    assert_eq!((written, operator.everything().await), (new.into(), all));
    assert_eq!(test.send(client.refreshes(&tokens.refresh)).await.status(), 200);
    let rotated = operator.rotate(test.clock.now()).await.unwrap();
    assert_eq!(rotated.iter().filter(|key| key.makes).count(), 1);
    test.clock.pass(HOUR);
    let after = json(&test.send(get(paths::IDENTITY_JWKS)).await)["keys"].as_array().map(Vec::len);
    assert_eq!(after, Some(2));
}

#[tokio::test]
async fn a_stale_read_after_the_writes_does_not_publish_what_was_there_before() {
    let emulator = Emulator::start().await;
    let operator = Operator::of(&emulator);
    for (now, keys) in [(10, 1), (20, 2)] {
        emulator.set_faults([Fault::None].repeat(CALLS - 1));
        emulator.set_faults([Fault::Stale]);
        assert_eq!(operator.rotate(Timestamp(now)).await.unwrap().len(), keys);
        for (name, value) in operator.everything().await {
            assert_eq!(value.matches("from").count(), keys, "{name}");
        }
    }
}

#[tokio::test]
async fn a_stale_read_before_the_writes_replaces_no_root() {
    let emulator = Emulator::start().await;
    let operator = Operator::of(&emulator);
    operator.ensure(Timestamp(10)).await.unwrap();
    let all = operator.everything().await;
    emulator.set_faults([Fault::Stale; 2]);
    assert_eq!(operator.ensure(Timestamp(20)).await, Err(KeysError::Contended));
    assert_eq!(operator.everything().await, all);
}

#[tokio::test]
async fn published_keys_without_a_root_are_not_replaced() {
    let emulator = Emulator::start().await;
    let operator = Operator::of(&emulator);
    operator.ensure(Timestamp(10)).await.unwrap();
    let root = operator.names.root();
    emulator.calls();
    for empty in [false, true] {
        emulator.forget_parameter(&root);
        if empty {
            operator.store.write(&root, "[]").await.unwrap();
            emulator.calls();
        }
        let refused = operator.ensure(Timestamp(20)).await.unwrap_err();
        assert_eq!(refused, KeysError::RootMissing(root.clone()));
        assert!(refused.to_string().contains("nothing was changed"), "{refused}");
        assert_eq!(operator.rotate(Timestamp(20)).await, Err(refused));
        assert_eq!(writes(&emulator), 0);
    }
}

/// A list of 34 public keys is the longest that a parameter of Parameter Store holds.
#[tokio::test]
async fn a_rotation_beyond_what_a_parameter_holds_changes_nothing() {
    let test = TestServer::new().await;
    test.emulator.forget_parameters();
    let operator = Operator::of(&test.emulator);
    for number in 1..=34 {
        assert_eq!(operator.rotate(test.clock.now()).await.unwrap().len(), number);
        test.clock.pass(HOUR);
    }
    let all = operator.everything().await;
    assert!(all.values().all(|value| value.len() <= 4096));
    test.emulator.calls();
    let refused = operator.rotate(test.clock.now()).await.unwrap_err();
    assert!(matches!(&refused, KeysError::TooMany { keys: 35, bytes: 4097.., .. }), "{refused:?}");
    assert!(refused.to_string().contains("forget-key"), "{refused}");
    assert_eq!((writes(&test.emulator), operator.everything().await), (0, all));
    assert_eq!(json(&test.send(get(paths::JWKS)).await)["keys"].as_array().unwrap().len(), 34);
    let oldest = operator.roots().list(test.clock.now()).await.unwrap()[0].from;
    operator.roots().forget(oldest, test.clock.now()).await.unwrap();
    assert_eq!(operator.rotate(test.clock.now()).await.unwrap().len(), 34);
}

#[tokio::test]
async fn two_rotations_in_one_second_have_different_times() {
    let emulator = Emulator::start().await;
    let operator = Operator::of(&emulator);
    for number in 1..=4 {
        let keys = operator.rotate(Timestamp(10)).await.unwrap();
        let times: std::collections::BTreeSet<_> = keys.iter().map(|key| key.from.0).collect();
        assert_eq!(times.len(), number);
    }
    let needs = Needs {
        purposes: Purpose::ALL,
        public_keys: true,
        identity_keys: true,
        provider_secret: false,
        upstream_headers: false,
        trust: false,
    };
    let read = FunctionKeys::read(&operator.store, &operator.names, needs, Timestamp(20)).await.unwrap();
    assert_eq!((read.public_keys.len(), read.identity_keys.len()), (4, 4));
}
