//! Token revocation by a client (RFC 7009).

use crate::{NOTHING, events};
use doorward::protocol::paths;
use doorward::wire::{Actor, EventKind, Events};
use harness::client::Tokens;
use harness::counting::Count;
use harness::test_server::{json, post, text};
use harness::{Client, Person, TestServer};

#[tokio::test]
async fn either_token_revokes_the_grant_with_one_store_write() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    for refresh in [true, false] {
        let tokens = client.obtain_tokens(&test, &mut alice).await;
        test.store.take();
        let revoked = test.send(client.revokes(if refresh { &tokens.refresh } else { &tokens.access })).await;
        assert_eq!((revoked.status().as_u16(), text(&revoked).as_str()), (200, ""));
        assert_eq!(
            (test.store.take(), events(&revoked)),
            (Count { reads: 0, writes: 1 }, vec![EventKind::Revoked])
        );
        let event = &revoked.extensions().get::<Events>().unwrap().0[0];
        // The log of a real function has the end of the id.
        let told = event.client.as_ref().unwrap().0.trim_start_matches('.');
        assert!(told.len() >= 12 && client.id.ends_with(told), "{told}");
        assert_eq!(event.by, Some(Actor::Client));
        assert!(event.grant.is_some());
        let dead = test.send(client.refreshes(&tokens.refresh)).await;
        assert_eq!(json(&dead)["error"], "invalid_grant");
        let again = test.send(client.revokes(&tokens.refresh)).await;
        assert_eq!((again.status().as_u16(), events(&again)), (200, vec![]));
    }
}

#[tokio::test]
async fn a_client_cannot_revoke_another_clients_grant() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let other = Client::register_at(&test, "https://other.example/callback").await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    test.store.take();
    for token in [&tokens.refresh, &tokens.access, "made up", "dw_refresh_AAAA"] {
        assert_eq!(test.send(other.revokes(token)).await.status(), 200, "no error (RFC 7009 §2.2)");
    }
    let hinted =
        [("client_id", client.id.as_str()), ("token", "made up"), ("token_type_hint", "no such type")];
    assert_eq!(test.send(post(paths::REVOKE, &hinted)).await.status(), 200);
    assert_eq!(test.store.take(), NOTHING);
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
}
