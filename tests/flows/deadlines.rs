//! One deadline for each request: outbound steps get what is left of it, and nothing is spent in vain.

use crate::provider::{ada, browser, go, sign_in_at_provider, test};
use harness::client::{Client, Tokens};
use harness::counting::Count;
use harness::keyed::{DOCUMENT, KeyPair, client, document, shown};
use harness::provider::{Faults, Provider};
use harness::test_server::{get, header};
use harness::{Person, TestCountdown, TestServer};
use serde_json::json as object;
use std::time::Duration;

const KEYS: &str = "https://app.example/keys.json";

/// What adapters give a request.
fn usual() -> TestCountdown {
    TestCountdown::from(Duration::from_secs(25))
}

/// Too little for an outbound step.
fn too_little() -> TestCountdown {
    TestCountdown::from(Duration::from_millis(3_400))
}

#[tokio::test]
async fn without_time_no_document_is_fetched_and_the_next_request_is_not_hurt() {
    let test = TestServer::new().await;
    test.web.publish(DOCUMENT, &document(&object!({})));
    let url = client().url();
    let late = test.send(too_little().on(get(&url))).await;
    assert_eq!((late.status().as_u16(), header(&late, "retry-after")), (503, "2"));
    assert_eq!(test.web.take(), 0);
    assert_eq!(test.send(usual().on(get(&url))).await.status(), 200, "the failure is not cached");
    test.clock.pass(Duration::from_secs(2 * 3600));
    assert_eq!(test.send(too_little().on(get(&url))).await.status(), 200, "the old document serves");
}

#[tokio::test]
async fn slow_documents_and_keys_leave_time_for_the_store_and_spend_no_code() {
    let (test, key) = (TestServer::new().await, KeyPair::new(11));
    let signs = object!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": KEYS });
    test.web.publish(DOCUMENT, &document(&signs));
    test.web.publish(KEYS, &object!({ "keys": [key.jwk()] }));
    let code = client().obtain_code(&test, &mut Person::alice()).await;
    test.clock.pass(Duration::from_secs(40));
    let redeems = || client().redeems_with(&code, &shown(&key.signs(&test, DOCUMENT, &object!({}))));
    let countdown = TestCountdown::from(Duration::from_secs(8));
    test.web.delay(Duration::from_secs(20), &countdown);
    test.store.take();
    let late = test.send(countdown.on(redeems())).await;
    assert_eq!(late.status(), 503);
    let left = doorward::ports::Countdown::left(&countdown);
    assert_eq!(left, Duration::from_secs(3), "the slow server got all but the reserve");
    assert_eq!(test.store.take(), Count { reads: 0, writes: 0 }, "neither code nor assertion is spent");
    let countdown = usual();
    test.web.delay(Duration::from_secs(4), &countdown);
    test.clock.pass(Duration::from_secs(11));
    Tokens::of(&test.send(countdown.on(redeems())).await);
}

#[tokio::test]
async fn the_providers_code_is_not_redeemed_without_time_or_without_its_keys() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let url = Client::register(&test).await.url();
    let mut person = browser();
    let back = sign_in_at_provider(&test, &provider, &mut person, &url, &ada()).await;
    provider.take();
    assert_eq!(person.send(&test, too_little().on(get(&back))).await.status(), 503);
    assert_eq!(provider.take(), Vec::<String>::new());
    let moved = object!({ "jwks_uri": format!("{}/moved", provider.issuer()) });
    provider.set_faults(Faults { metadata: moved.as_object().unwrap().clone(), ..Faults::default() });
    test.clock.pass(Duration::from_secs(3601));
    let back = sign_in_at_provider(&test, &provider, &mut person, &url, &ada()).await;
    assert_eq!(person.open(&test, &back).await.status(), 502, "no keys are there");
    assert!(!provider.take().contains(&"/token".to_owned()), "the code is not spent");
    provider.set_faults(Faults::default());
    test.clock.pass(Duration::from_secs(3601));
    assert_eq!(go(&test, &provider, &mut browser(), &url, &ada()).await.status(), 303);
}
