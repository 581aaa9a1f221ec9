//! Immediate revocation: the MCP server looks up the grant of every access token.

use crate::NOTHING;
use doorward::protocol::paths::ACCOUNT;
use doorward::wire::{EventKind, Events};
use harness::client::{Tokens, tool_call};
use harness::counting::Count;
use harness::test_server::{header, sound};
use harness::{Client, Person, TestServer};
use std::time::Duration;

async fn test() -> TestServer {
    TestServer::of(sound().immediate_revocation(true)).await
}

async fn calls(test: &TestServer, tokens: &Tokens) -> (u16, bool) {
    let answer = test.call(tool_call(Some(&tokens.access), "current")).await;
    (answer.status().as_u16(), header(&answer, "www-authenticate").contains("invalid_token"))
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let test = test().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let [one, other] =
        [client.obtain_tokens(&test, &mut alice).await, client.obtain_tokens(&test, &mut alice).await];
    test.store.take();
    assert_eq!(calls(&test, &one).await, (200, false));
    assert_eq!(test.store.take(), Count { reads: 1, writes: 0 });
    test.send(client.revokes(&one.refresh)).await;
    assert_eq!((calls(&test, &one).await, calls(&test, &other).await), ((401, true), (200, false)));
    let page = alice.open(&test, ACCOUNT).await;
    alice.submit_at(&test, ACCOUNT, &page, "revoke-all").await;
    assert_eq!(calls(&test, &other).await, (401, true));
    test.store.take();
    let forged = Tokens { access: "made.up".to_owned(), ..other };
    assert_eq!((calls(&test, &forged).await, test.store.take()), ((401, true), NOTHING));
}

#[tokio::test]
async fn a_stolen_token_is_refused_after_the_user_signs_in_again() {
    let test = test().await;
    let client = Client::register(&test).await;
    let stolen = client.obtain_tokens(&test, &mut Person::alice()).await;
    let mut thiefs = stolen.clone();
    for _ in 0..2 {
        test.clock.pass(Duration::from_secs(3600));
        thiefs = Tokens::of(&test.send(client.refreshes(&thiefs.refresh)).await);
    }
    test.clock.pass(Duration::from_secs(1800));
    test.send(client.refreshes(&stolen.refresh)).await;
    assert_eq!(calls(&test, &thiefs).await, (200, false), "no new sign-in yet");
    let honest = client.obtain_tokens(&test, &mut Person::alice()).await;
    assert_eq!((calls(&test, &thiefs).await, calls(&test, &honest).await), ((401, true), (200, false)));
}

#[tokio::test]
async fn a_store_outage_is_a_503_and_not_a_401() {
    let test = test().await;
    let tokens = Client::register(&test).await.obtain_tokens(&test, &mut Person::alice()).await;
    test.store.set_broken(true);
    let answer = test.call(tool_call(Some(&tokens.access), "current")).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (503, "2"));
    let event = &answer.extensions().get::<Events>().unwrap().0[0];
    assert_eq!((event.kind, event.code()), (EventKind::Refused, Some("temporarily_unavailable")));
    assert!(event.reason.is_some());
}
