//! A deployment that fails at any call is completed by running the command again.

use crate::bench::{Bench, FRONT};
use serde_json::{Value, json};

/// The state, with a fixed origin secret in the place of a random one. Front and functions must agree on it.
fn comparable(bench: &Bench) -> Value {
    let mut state = bench.state();
    let secret = state["stacks"]["us-east-1/house-front"]["parameters"]["DoorSecret"].clone();
    if let Some(secret) = secret.as_str() {
        let digest = digest(secret);
        let known = &mut state["stacks"]["eu-central-1/house"]["parameters"]["DoorDigest"];
        assert_eq!(*known, json!(digest), "the front has another secret than the functions");
        *known = json!("digest");
        state["stacks"]["us-east-1/house-front"]["parameters"]["DoorSecret"] = json!("secret");
    }
    state
}

fn digest(secret: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(doorward::protocol::Digest::of(secret).0)
}

/// Calls that change something, and one that only asks.
const WRITES: [&str; 6] =
    ["\"mb\"", "put-public-access-block", "\"package\"", "\"deploy\"", "\"invoke\"", "/oauth/token"];

/// Fails at each call in turn, before and after it has done its work, and runs the command again. Returns how many
/// calls there are.
fn fails_at_each_call(script: &str, arguments: &[&str], prepare: impl Fn(&Bench)) -> usize {
    let whole = Bench::new();
    prepare(&whole);
    let ended = whole.run(script, arguments);
    assert!(ended.success, "{ended:?}");
    let (calls, end) = (whole.calls(), comparable(&whole));
    for (number, call) in calls.iter().enumerate() {
        // A call that changes nothing is the same before and after.
        let changes = WRITES.iter().any(|write| call.contains(write));
        for when in if changes { &["before", "after"][..] } else { &["before"] } {
            let bench = Bench::new();
            prepare(&bench);
            let failed = bench.run_failing(script, arguments, Some((number, when)));
            assert!(!failed.success && !failed.err.trim().is_empty(), "{when} {call}: {failed:?}");
            let again = bench.run(script, arguments);
            assert!(again.success, "{when} {call}: {again:?}");
            assert_eq!(comparable(&bench), end, "{when} {call}");
        }
    }
    calls.len()
}

#[test]
#[ignore = "needs bash and openssl"]
fn a_first_deployment_is_completed() {
    assert!(fails_at_each_call("deploy", &["house", "LogDays=7"], |_| ()) >= 16);
}

#[test]
#[ignore = "needs bash and openssl"]
fn an_update_is_completed() {
    fails_at_each_call("deploy", &["house", "LogDays=7"], |bench| {
        assert!(bench.run("deploy", &["house", "LogDays=14"]).success);
    });
}

#[test]
#[ignore = "needs bash and openssl"]
fn a_first_deployment_with_a_front_is_completed() {
    assert!(fails_at_each_call("deploy-with-front", FRONT, |_| ()) >= 20);
}

#[test]
#[ignore = "needs bash and openssl"]
fn an_update_of_a_front_is_completed() {
    fails_at_each_call("deploy-with-front", FRONT, |bench| {
        let first = bench.run("deploy-with-front", FRONT);
        assert!(first.success, "{first:?}");
    });
}
