//! A deployment whose MCP server looks every token's grant up.

use crate::NOTHING;
use doorward::config::Config;
use doorward::protocol::paths::ACCOUNT;
use harness::client::{Tokens, tool_call};
use harness::counting::Count;
use harness::house::header;
use harness::{Client, House, Person};
use std::time::Duration;

async fn house() -> House {
    let config = House::new().await.server.config.clone();
    House::of(Config { immediate_revocation: true, ..config }).await
}

async fn calls(house: &House, tokens: &Tokens) -> (u16, bool) {
    let answer = house.call(tool_call(Some(&tokens.access), "current")).await;
    (answer.status().as_u16(), header(&answer, "www-authenticate").contains("invalid_token"))
}

#[tokio::test]
async fn what_is_taken_back_is_refused_at_once() {
    let house = house().await;
    let client = Client::register(&house).await;
    let mut alice = Person::alice();
    let [one, other] =
        [client.obtain_tokens(&house, &mut alice).await, client.obtain_tokens(&house, &mut alice).await];
    house.store.take();
    assert_eq!(calls(&house, &one).await, (200, false));
    assert_eq!(house.store.take(), Count { reads: 1, writes: 0 });
    house.send(client.revokes(&one.refresh)).await;
    assert_eq!((calls(&house, &one).await, calls(&house, &other).await), ((401, true), (200, false)));
    let page = alice.open(&house, ACCOUNT).await;
    alice.submit_at(&house, ACCOUNT, &page, "revoke-all").await;
    assert_eq!(calls(&house, &other).await, (401, true));
    house.store.take();
    let made_up = Tokens { access: "made.up".to_owned(), ..other };
    assert_eq!((calls(&house, &made_up).await, house.store.take()), ((401, true), NOTHING));
}

#[tokio::test]
async fn a_thiefs_token_is_refused_when_the_person_has_signed_in_again() {
    let house = house().await;
    let client = Client::register(&house).await;
    let stolen = client.obtain_tokens(&house, &mut Person::alice()).await;
    let mut thiefs = stolen.clone();
    for _ in 0..2 {
        house.clock.pass(Duration::from_secs(3600));
        thiefs = Tokens::of(&house.send(client.refreshes(&thiefs.refresh)).await);
    }
    house.clock.pass(Duration::from_secs(1800));
    house.send(client.refreshes(&stolen.refresh)).await;
    assert_eq!(calls(&house, &thiefs).await, (200, false), "nobody has signed in yet");
    let honest = client.obtain_tokens(&house, &mut Person::alice()).await;
    assert_eq!((calls(&house, &thiefs).await, calls(&house, &honest).await), ((401, true), (200, false)));
}

#[tokio::test]
async fn a_store_that_does_not_answer_signs_nobody_out() {
    let house = house().await;
    let tokens = Client::register(&house).await.obtain_tokens(&house, &mut Person::alice()).await;
    house.store.set_broken(true);
    let answer = house.call(tool_call(Some(&tokens.access), "current")).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (503, "2"));
}
