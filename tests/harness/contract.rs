//! The contract of a store: what every implementation of the traits has to keep, with racers.

use doorward::clock::Timestamp;
use doorward::passwords::PasswordHash;
use doorward::protocol::client::ClientId;
use doorward::protocol::{grant_id::GrantId, person_id::PersonId, resource::Resource, scope::Scope};
use doorward::store::{Grant, Introduced, Opened, Person, Store};
use std::sync::Arc;
use tokio::task::JoinSet;

/// How many race for one thing.
const RACERS: u64 = 50;

/// A grant with this id; `mark` tells racers' records apart.
pub fn grant(id: u8, mark: u64) -> Grant {
    Grant {
        id: GrantId([id; 16]),
        client: ClientId("client".into()),
        person: PersonId::parse("alice").expect("a name"),
        scope: Scope::parse("user files").expect("scopes"),
        resource: Resource::parse("https://mcp.example/mcp").expect("a resource"),
        opened_at: Timestamp(mark),
        expires_at: Timestamp(mark + 3600),
        kept_until: Timestamp(mark + 3660),
    }
}

/// A person with this name; `mark` tells racers' records apart.
pub fn person(name: &str, mark: u64) -> Person {
    let id = PersonId::parse(name).expect("a name");
    Person { id, password: PasswordHash::new(format!("hash {mark}")), epoch: mark, disabled: mark == 1 }
}

/// Whoever opens a grant first opens it; everybody after is shown the record of the first, whole.
pub async fn a_grant_is_opened_once(store: Arc<dyn Store>) {
    assert_eq!(store.open(grant(1, 10)).await.expect("an answer"), Opened::New);
    assert_eq!(store.open(grant(1, 20)).await.expect("an answer"), Opened::Already(Box::new(grant(1, 10))));
    assert_eq!(store.open(grant(2, 20)).await.expect("an answer"), Opened::New);
}

/// Of any number who open a grant at once, one does, and the others see that one's record.
pub async fn of_racers_one_opens_a_grant(store: Arc<dyn Store>) {
    let mut racers = JoinSet::new();
    for mark in 0..RACERS {
        let store = store.clone();
        racers.spawn(async move { (mark, store.open(grant(3, mark)).await.expect("an answer")) });
    }
    let (won, lost): (Vec<_>, Vec<_>) =
        racers.join_all().await.into_iter().partition(|(_, opened)| *opened == Opened::New);
    let [(winner, _)] = won[..] else { panic!("{} racers won", won.len()) };
    for (_, outcome) in lost {
        assert_eq!(outcome, Opened::Already(Box::new(grant(3, winner))));
    }
}

/// A person is found as introduced, and only under their own name.
pub async fn a_person_is_found_as_introduced(store: Arc<dyn Store>) {
    assert_eq!(store.introduce(person("alice", 1)).await.expect("an answer"), Introduced::New);
    let find = async |name| store.find(&PersonId::parse(name).expect("a name")).await.expect("an answer");
    assert_eq!(find("alice").await, Some(person("alice", 1)));
    assert_eq!(find("Alice").await, None);
    assert_eq!(find("bob").await, None);
}

/// Of any number who introduce one person at once, one does, and that one's record stays.
pub async fn of_racers_one_introduces_a_person(store: Arc<dyn Store>) {
    let mut racers = JoinSet::new();
    for mark in 0..RACERS {
        let store = store.clone();
        racers.spawn(async move { (mark, store.introduce(person("carol", mark)).await.expect("an answer")) });
    }
    let outcomes = racers.join_all().await;
    let won: Vec<_> = outcomes.iter().filter(|(_, outcome)| *outcome == Introduced::New).collect();
    let [(winner, _)] = won[..] else { panic!("{} racers won", won.len()) };
    let known = store.find(&PersonId::parse("carol").expect("a name")).await.expect("an answer");
    assert_eq!(known, Some(person("carol", *winner)));
}
