//! Store contract for pre-registered clients and for client assertions.

use super::{RACERS, person};
use crate::keyed::KeyPair;
use doorward::client::{AssertionId, Authentication, Block, BlockList, PublishedKeys};
use doorward::jose::JwkSet;
use doorward::ports::Timestamp;
use doorward::protocol::{ClientId, ClientName, Digest, DocumentUrl, RedirectUri, Scope};
use doorward::store::{Accepted, Added, Blocked, DocumentCopy, PreRegisteredClient, Stores};
use tokio::task::JoinSet;

fn keys() -> JwkSet {
    JwkSet::parse(&serde_json::json!({ "keys": [KeyPair::new(1).jwk()] })).expect("keys")
}

/// A client with this id; `mark` selects its authentication and other members.
pub fn client(id: &str, mark: u64) -> PreRegisteredClient {
    let uri = |text: &str| RedirectUri::parse(text).expect("a redirect URI").registered().clone();
    PreRegisteredClient {
        id: ClientId(id.to_owned()),
        name: (mark > 1).then(|| ClientName::parse("A name").expect("a name")),
        redirect_uris: match mark {
            3 => Default::default(),
            _ => [uri("https://a.example/callback"), uri(&format!("http://127.0.0.1/{mark}"))].into(),
        },
        authentication: match mark {
            1 => Authentication::DerivedSecret,
            3 => Authentication::Keys(PublishedKeys::Here(keys())),
            4 => Authentication::Keys(PublishedKeys::At(
                DocumentUrl::parse("https://a.example/keys").expect("a URL"),
            )),
            _ => Authentication::None,
        },
        own_scope: Scope::parse(if mark == 3 { "user files" } else { "" }).expect("scopes"),
        added_at: Timestamp(mark),
        blocked: false,
    }
}

/// A client is found as enrolled. A second client with the same id does not replace it.
pub async fn a_client_is_enrolled_once(stores: Stores) {
    let [first, other] = [client("one", 1), client("other", 2)];
    assert_eq!(stores.clients().find(&first.id).await.expect("an answer"), None);
    assert_eq!(stores.clients().add(first.clone()).await.expect("an answer"), Added::New);
    assert_eq!(stores.clients().add(other.clone()).await.expect("an answer"), Added::New);
    assert_eq!(stores.clients().add(client("one", 3)).await.expect("an answer"), Added::Already);
    for known in [first, other] {
        assert_eq!(stores.clients().find(&known.id).await.expect("an answer"), Some(known));
    }
}

/// A client can be blocked, unblocked and removed. After removal, its id is free again.
pub async fn a_client_can_be_blocked_and_removed(stores: Stores) {
    let known = client("one", 2);
    assert_eq!(stores.clients().block(&known.id, true).await.expect("an answer"), Blocked::Unknown);
    assert_eq!(
        stores.clients().find(&known.id).await.expect("an answer"),
        None,
        "blocking does not create a client"
    );
    assert_eq!(stores.clients().add(known.clone()).await.expect("an answer"), Added::New);
    for blocked in [true, true, false] {
        assert_eq!(stores.clients().block(&known.id, blocked).await.expect("an answer"), Blocked::Now);
        let expected = PreRegisteredClient { blocked, ..known.clone() };
        assert_eq!(stores.clients().find(&known.id).await.expect("an answer"), Some(expected));
    }
    stores.clients().remove(&known.id).await.expect("an answer");
    stores.clients().remove(&known.id).await.expect("removal is idempotent");
    assert_eq!(stores.clients().find(&known.id).await.expect("an answer"), None);
    assert_eq!(stores.clients().block(&known.id, true).await.expect("an answer"), Blocked::Unknown);
    assert_eq!(stores.clients().add(known).await.expect("an answer"), Added::New);
}

/// The list has every client once, ordered by id, over several pages.
pub async fn clients_are_listed_by_id(stores: Stores) {
    let mut known: Vec<_> = (0..120).map(|number| client(&format!("client {number:03}"), number)).collect();
    for client in known.iter().rev() {
        assert_eq!(stores.clients().add(client.clone()).await.expect("an answer"), Added::New);
    }
    assert_eq!(stores.people().add(person("alice", 2)).await.expect("an answer"), Added::New);
    assert_eq!(stores.clients().block(&known[3].id, true).await.expect("an answer"), Blocked::Now);
    known[3].blocked = true;
    let mut listed: Vec<PreRegisteredClient> = Vec::new();
    loop {
        let page = stores.clients().list(listed.last().map(|client| &client.id)).await.expect("an answer");
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    assert_eq!(listed, known);
}

/// An assertion whose digest is that of `name`.
pub fn assertion(name: &str) -> AssertionId {
    AssertionId { digest: Digest::of(name), expires_at: Timestamp(60) }
}

/// An assertion is accepted once (replay protection). A different assertion is independent of it.
pub async fn an_assertion_is_accepted_once(stores: Stores) {
    assert_eq!(stores.assertions().accept(assertion("one")).await.expect("an answer"), Accepted::Now);
    assert_eq!(stores.assertions().accept(assertion("one")).await.expect("an answer"), Accepted::Already);
    assert_eq!(stores.assertions().accept(assertion("other")).await.expect("an answer"), Accepted::Now);
}

/// Of concurrent uses of one assertion, exactly one is accepted.
pub async fn concurrent_uses_of_an_assertion_have_one_winner(stores: Stores) {
    let mut racers = JoinSet::new();
    for _ in 0..RACERS {
        let stores = stores.clone();
        racers.spawn(async move { stores.assertions().accept(assertion("one")).await.expect("an answer") });
    }
    let taken = racers.join_all().await.into_iter().filter(|outcome| *outcome == Accepted::Now).count();
    assert_eq!(taken, 1);
}

fn block(number: u64) -> Block {
    Block::parse(&format!("redirect-host:{number}.example")).expect("a block")
}

/// A block is added once and removed once; others stay.
pub async fn blocks_are_added_and_removed_one_by_one(stores: Stores) {
    let blocks = stores.blocks();
    let list = async || blocks.read().await.expect("an answer");
    assert_eq!(list().await, BlockList::default());
    blocks.set(&block(1), false).await.expect("an answer");
    for number in [1, 2, 2] {
        blocks.set(&block(number), true).await.expect("an answer");
    }
    assert_eq!(list().await, [block(1), block(2)].into_iter().collect());
    blocks.set(&block(1), false).await.expect("an answer");
    blocks.set(&block(1), false).await.expect("an answer");
    assert_eq!(list().await, [block(2)].into_iter().collect());
    blocks.set(&block(2), false).await.expect("an answer");
    assert_eq!(list().await, BlockList::default());
}

/// Operators who block at the same time do not undo each other's blocks.
pub async fn concurrent_blocks_all_count(stores: Stores) {
    let mut racers = JoinSet::new();
    for number in 0..RACERS {
        let blocks = stores.blocks().clone();
        racers.spawn(async move { blocks.set(&block(number), true).await.expect("an answer") });
    }
    racers.join_all().await;
    let all: BlockList = (0..RACERS).map(block).collect();
    assert_eq!(stores.blocks().read().await.expect("an answer"), all);
}

/// A copy is found unchanged, by the URL of its document alone. A newer one takes its place.
pub async fn a_copy_of_a_document_replaces_the_older(stores: Stores) {
    let copies = stores.document_copies();
    let url = |text: &str| DocumentUrl::parse(text).expect("a URL");
    let long = format!("https://a.example/{}", "x".repeat(1_000));
    for url in [url("https://a.example/client.json"), url(&long)] {
        assert_eq!(copies.find(&url).await.expect("an answer"), None);
        for mark in [1, 2] {
            let json = format!(r#"{{"client_name":"\u00e9 \"{mark}\""}}"#).into();
            let copy = DocumentCopy { json, kept_at: Timestamp(1_790_000_000 + mark) };
            copies.keep(&url, copy.clone()).await.expect("an answer");
            assert_eq!(copies.find(&url).await.expect("an answer"), Some(copy));
        }
    }
}
