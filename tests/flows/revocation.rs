//! Giving a grant back (RFC 7009).

use crate::{NOTHING, events};
use doorward::protocol::paths;
use doorward::wire::What;
use harness::client::Tokens;
use harness::counting::Count;
use harness::house::{json, post, text};
use harness::{Client, House, Person};

#[tokio::test]
async fn either_token_gives_the_grant_back_with_one_write() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let mut alice = Person::alice();
    for refresh in [true, false] {
        let tokens = client.obtain_tokens(&house, &mut alice).await;
        house.store.take();
        let revoked =
            house.send(client.revokes(if refresh { &tokens.refresh } else { &tokens.access })).await;
        assert_eq!((revoked.status().as_u16(), text(&revoked).as_str()), (200, ""));
        assert_eq!(
            (house.store.take(), events(&revoked)),
            (Count { reads: 0, writes: 1 }, vec![What::Revoked])
        );
        let dead = house.send(client.refreshes(&tokens.refresh)).await;
        assert_eq!(json(&dead)["error"], "invalid_grant");
        let again = house.send(client.revokes(&tokens.refresh)).await;
        assert_eq!((again.status().as_u16(), events(&again)), (200, vec![]));
    }
}

#[tokio::test]
async fn what_is_not_the_clients_to_give_back_stays() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let other = Client::register_at(&house, "https://other.example/callback").await;
    let tokens = client.obtain_tokens(&house, &mut Person::alice()).await;
    house.store.take();
    for token in [&tokens.refresh, &tokens.access, "made up", "dw_refresh_AAAA"] {
        assert_eq!(house.send(other.revokes(token)).await.status(), 200, "no error, says RFC 7009 §2.2");
    }
    let hinted =
        [("client_id", client.id.as_str()), ("token", "made up"), ("token_type_hint", "no such type")];
    assert_eq!(house.send(post(paths::REVOKE, &hinted)).await.status(), 200);
    assert_eq!(house.store.take(), NOTHING);
    Tokens::of(&house.send(client.refreshes(&tokens.refresh)).await);
}
