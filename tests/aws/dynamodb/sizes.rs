//! How large the items are, as DynamoDB counts ("DynamoDB item sizes and formats"). docs/scale.md computes with these sizes.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot continue panics, and it prints the sizes"
)]

use aws_sdk_dynamodb::types::AttributeValue;
use doorward::client::Block;
use doorward::ports::{PasswordHash, Timestamp};
use doorward::protocol::{
    ClientId, ClientMetadata, ClientName, DisplayName, EmailAddress, GrantId, Installation, PersonId,
    Profile, Resource, Scope, Subject,
};
use doorward::sealed::{Keys, Registration, RootSecret};
use doorward::store::{
    Added, AttemptKey, AttemptSource, CloseReason, Closed, Excused, Grant, Login, Opened, Person, Reserved,
    Rotated, State, Stores,
};
use doorward_dynamodb::client;
use harness::Emulator;
use local_harness::contract::assertion;
use std::collections::BTreeMap;
use std::sync::Arc;

const NOW: u64 = 1_795_000_000;
/// The size up to which a write is one unit.
const UNIT: usize = 1024;

/// The size of a value.
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        // One byte for two digits, and one more.
        AttributeValue::N(digits) => digits.trim_end_matches('0').len().div_ceil(2) + 1,
        AttributeValue::Bool(_) => 1,
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        other => panic!("no item has this: {other:?}"),
    }
}

/// The size of each item, by its key.
async fn sizes(emulator: &Emulator) -> BTreeMap<String, usize> {
    let account = emulator.account("tests");
    let scan = client(&account, account.connector().unwrap()).scan().table_name(&emulator.table).send();
    let items = scan.await.unwrap().items.unwrap();
    let sizes = items.into_iter().map(|item| {
        let key = item["pk"].as_s().unwrap().clone();
        (key, item.iter().map(|(name, value)| name.len() + size(value)).sum())
    });
    sizes.collect()
}

/// The id of a client that registers as Claude does.
fn registered() -> ClientId {
    let keys = Keys::derive(&RootSecret::new([7; 32]), &[]);
    let metadata = br#"{"client_name":"Claude","redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}"#;
    ClientId(keys.client_ids.sign(&Registration::of(&ClientMetadata::parse(metadata).unwrap(), || [0; 16])))
}

fn grant(number: u8, client: ClientId) -> Grant {
    Grant {
        id: GrantId([number; 16]),
        client,
        client_name: ClientName::parse("Claude"),
        installation: Installation::parse("Firefox on Windows"),
        subject: Subject::parse("alice.wonderland@example.com").unwrap(),
        scope: Scope::parse("read write").unwrap(),
        resource: Resource::parse("https://mcp.example.com/mcp").unwrap(),
        signed_in_at: Timestamp(NOW),
        opened_at: Timestamp(NOW + 1),
        expires_at: Timestamp(NOW + 7_776_001),
        kept_until: Timestamp(NOW + 61),
        state: State::opened(Timestamp(NOW + 1)),
        profile: Profile::default(),
        issuer: None,
    }
}

/// A grant of which the client may read the address and the name, and which an assertion opened.
fn with_profile(number: u8, client: ClientId) -> Grant {
    let email = EmailAddress::parse("alice.wonderland@example.com");
    Grant {
        scope: Scope::parse("email openid profile read write").unwrap(),
        profile: Profile { email, name: DisplayName::parse("Alice Wonderland") },
        issuer: Some("https://example.okta.com".to_owned()),
        ..grant(number, client)
    }
}

/// A grant with everything that it can have: all steps, an excuse, a doubt, and its end.
async fn live(stores: &Stores, grant: Grant) {
    let (grants, id, at) = (stores.grants(), grant.id, |after| Timestamp(NOW + after));
    assert_eq!(grants.open(grant).await.unwrap(), Opened::New);
    for generation in 0..200 {
        let rotated = grants.rotate(id, generation, at(3601 * u64::from(generation) + 3)).await.unwrap();
        assert!(matches!(rotated, Rotated::Next { .. }));
    }
    let excuse = doorward::store::Excuse { head: 200, at: at(720_301) };
    assert_eq!(grants.excuse(id, excuse, at(0)).await.unwrap(), Excused::Yes);
    grants.doubt(id, at(720_303)).await.unwrap();
    assert_eq!(grants.close(id, at(720_307), CloseReason::CodeReplayed).await.unwrap(), Closed::Now);
}

#[tokio::test]
async fn a_write_of_a_grant_is_one_unit() {
    let emulator = Emulator::start().await;
    let stores = Stores::of(Arc::new(emulator.store().await));
    live(&stores, grant(1, registered())).await;
    live(&stores, grant(2, ClientId("https://claude.ai/oauth/mcp-oauth-client-metadata".into()))).await;
    live(&stores, with_profile(3, registered())).await;
    let hash =
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";
    let id = PersonId::parse("alice.wonderland@example.com").unwrap();
    let email = EmailAddress::parse("alice.wonderland@example.com");
    let person = Person { email, ..Person::new(id, Login::Password(PasswordHash::new(hash))) };
    assert_eq!(stores.people().add(person).await.unwrap(), Added::New);
    let key = AttemptKey { name: 7, from: AttemptSource::UnknownBrowser, hour: NOW / 3600 };
    assert_eq!(stores.attempts().reserve(key, 10).await.unwrap(), Reserved::Yes);
    stores.attempts().give_back(key).await.unwrap();
    let _ = stores.assertions().accept(assertion("one")).await.unwrap();
    stores.blocks().set(&Block::parse("redirect-host:app.example.com").unwrap(), true).await.unwrap();
    let sizes = sizes(&emulator).await;
    println!("{sizes:#?}");
    assert_eq!(sizes.len(), 7);
    for (key, size) in sizes {
        assert!(size <= UNIT, "{key}: {size}");
    }
}
