//! The contract of a store: what every implementation of the traits has to keep, with racers.

use doorward::clock::Timestamp;
use doorward::passwords::PasswordHash;
use doorward::protocol::client::ClientId;
use doorward::protocol::{grant_id::GrantId, person_id::PersonId, resource::Resource, scope::Scope};
use doorward::store::{Closed, Grant, Introduced, Opened, Person, Rotated, State, Store, Why};
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
        signed_in_at: Timestamp(mark),
        opened_at: Timestamp(mark),
        expires_at: Timestamp(mark + 3600),
        kept_until: Timestamp(mark + 3660),
        state: State::Open { generation: 0, since: Timestamp(mark) },
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

/// A grant that nobody opened cannot be found, used or closed.
pub async fn an_unknown_grant_stays_unknown(store: Arc<dyn Store>) {
    let id = GrantId([9; 16]);
    assert_eq!(store.grant(id).await.expect("an answer"), None);
    assert_eq!(store.rotate(id, 0, Timestamp(1)).await.expect("an answer"), Rotated::Unknown);
    assert_eq!(store.close(id, Timestamp(1), Why::Revoked).await.expect("an answer"), Closed::Unknown);
    assert_eq!(store.grant(id).await.expect("an answer"), None);
}

/// The head moves by one each time it is used; what lies behind or beyond it changes nothing.
pub async fn a_generation_is_used_once(store: Arc<dyn Store>) {
    let known = grant(4, 10);
    assert_eq!(store.open(known.clone()).await.expect("an answer"), Opened::New);
    let rotate =
        async |generation, at| store.rotate(known.id, generation, Timestamp(at)).await.expect("an answer");
    let at = |generation, since| {
        Box::new(Grant { state: State::Open { generation, since: Timestamp(since) }, ..known.clone() })
    };
    assert_eq!(rotate(0, 20).await, Rotated::Next { grant: at(1, 20), head: 1 });
    assert_eq!(rotate(0, 30).await, Rotated::Behind { grant: at(1, 20), head: 1, since: Timestamp(20) });
    assert_eq!(rotate(2, 30).await, Rotated::Ahead);
    assert_eq!(rotate(1, 40).await, Rotated::Next { grant: at(2, 40), head: 2 });
    assert_eq!(rotate(0, 50).await, Rotated::Behind { grant: at(2, 40), head: 2, since: Timestamp(40) });
    assert_eq!(store.grant(known.id).await.expect("an answer"), Some(*at(2, 40)));
}

/// Of any number who use one generation at once, one does, and the others see where that left the head.
pub async fn of_racers_one_uses_a_generation(store: Arc<dyn Store>) {
    let known = grant(5, 10);
    assert_eq!(store.open(known.clone()).await.expect("an answer"), Opened::New);
    let mut racers = JoinSet::new();
    for mark in 0..RACERS {
        let (store, id) = (store.clone(), known.id);
        racers.spawn(async move { store.rotate(id, 0, Timestamp(100 + mark)).await.expect("an answer") });
    }
    let outcomes = racers.join_all().await;
    let Some(State::Open { generation: 1, since }) =
        store.grant(known.id).await.expect("an answer").map(|grant| grant.state)
    else {
        panic!("the head is not 1");
    };
    let won = outcomes.iter().filter(|outcome| matches!(outcome, Rotated::Next { head: 1, .. })).count();
    let lost = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Rotated::Behind { head: 1, since: at, .. } if *at == since));
    assert_eq!((won, lost.count()), (1, outcomes.len() - 1));
}

/// A closed grant stays closed as it was, and nothing comes of it, whatever is tried.
pub async fn a_closed_grant_stays_closed(store: Arc<dyn Store>) {
    let known = grant(6, 10);
    assert_eq!(store.open(known.clone()).await.expect("an answer"), Opened::New);
    assert_eq!(store.close(known.id, Timestamp(20), Why::Reuse).await.expect("an answer"), Closed::Now);
    assert_eq!(store.close(known.id, Timestamp(30), Why::Revoked).await.expect("an answer"), Closed::Already);
    assert_eq!(store.rotate(known.id, 0, Timestamp(30)).await.expect("an answer"), Rotated::Closed);
    let closed = Grant { state: State::Closed { at: Timestamp(20), why: Why::Reuse }, ..known.clone() };
    assert_eq!(store.open(known).await.expect("an answer"), Opened::Already(Box::new(closed.clone())));
    assert_eq!(store.grant(closed.id).await.expect("an answer"), Some(closed));
}

/// A person is found as introduced, and only under their own name.
pub async fn a_person_is_found_as_introduced(store: Arc<dyn Store>) {
    assert_eq!(store.introduce(person("alice", 1)).await.expect("an answer"), Introduced::New);
    let find = async |name| store.person(&PersonId::parse(name).expect("a name")).await.expect("an answer");
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
    let known = store.person(&PersonId::parse("carol").expect("a name")).await.expect("an answer");
    assert_eq!(known, Some(person("carol", *winner)));
}
