//! The contract of a store: what every implementation of the traits has to keep, with racers.

use crate::keyed::KeyPair;
use doorward::clock::Timestamp;
use doorward::lifecycle::{Chain, Excuse, State, Steps, Turn, Why};
use doorward::passwords::PasswordHash;
use doorward::protocol::client::ClientId;
use doorward::protocol::client_assertion::AssertionId;
use doorward::protocol::client_document::PublishedKeys;
use doorward::protocol::client_key::ClientKeys;
use doorward::protocol::digest::Digest;
use doorward::protocol::document_url::DocumentUrl;
use doorward::protocol::installation::Installation;
use doorward::protocol::redirect_uri::RedirectUri;
use doorward::protocol::registration::ClientName;
use doorward::protocol::{grant_id::GrantId, person_id::PersonId, resource::Resource, scope::Scope};
use doorward::store::{
    Accepted, Blocked, Change, Changed, Closed, Enrolled, Excused, Grant, Guessed, Guesser, Introduced,
    KnownBy, KnownClient, Met, Opened, Person, Rotated, Store,
};
use std::sync::Arc;
use tokio::task::JoinSet;

/// How many race for one thing.
const RACERS: u64 = 50;

/// A grant with this id; `mark` tells racers' records apart.
pub fn grant(id: u8, mark: u64) -> Grant {
    Grant {
        id: GrantId([id; 16]),
        client: ClientId("client".into()),
        client_name: (mark != 20).then(|| ClientName::parse("A client").expect("a name")),
        installation: (mark != 20).then(|| Installation::parse("Firefox on Linux").expect("a browser")),
        person: PersonId::parse("alice").expect("a name"),
        scope: Scope::parse("user files").expect("scopes"),
        resource: Resource::parse("https://mcp.example/mcp").expect("a resource"),
        signed_in_at: Timestamp(mark),
        opened_at: Timestamp(mark),
        expires_at: Timestamp(mark + 3600),
        kept_until: Timestamp(mark + 3660),
        state: State::opened(Timestamp(mark)),
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
    let chain = |head, newest_first: &[u64]| {
        let steps = Steps::of(newest_first.iter().copied().map(Timestamp).collect()).expect("steps");
        Chain { head, steps, excused: None, doubted: None }
    };
    let at = |chain: &Chain| Box::new(Grant { state: State::Open(chain.clone()), ..known.clone() });
    let (second, third) = (chain(1, &[20, 10]), chain(2, &[40, 20, 10]));
    assert_eq!(rotate(0, 20).await, Rotated::Next { grant: at(&second), chain: second.clone() });
    assert_eq!(rotate(0, 30).await, Rotated::Behind { grant: at(&second), chain: second });
    assert_eq!(rotate(2, 30).await, Rotated::Ahead);
    assert_eq!(rotate(1, 40).await, Rotated::Next { grant: at(&third), chain: third.clone() });
    assert_eq!(rotate(0, 50).await, Rotated::Behind { grant: at(&third), chain: third.clone() });
    assert_eq!(store.grant(known.id).await.expect("an answer"), Some(*at(&third)));
}

/// When a generation had its successor is remembered for the latest of them, however far they have come.
pub async fn the_latest_steps_of_a_grant_are_remembered(store: Arc<dyn Store>) {
    let known = grant(4, 0);
    assert_eq!(store.open(known.clone()).await.expect("an answer"), Opened::New);
    for head in 1..=20 {
        let rotated = store.rotate(known.id, head - 1, Timestamp(u64::from(head))).await.expect("an answer");
        assert!(matches!(&rotated, Rotated::Next { chain, .. } if chain.head == head), "{rotated:?}");
    }
    let behind = store.rotate(known.id, 19, Timestamp(99)).await.expect("an answer");
    let Rotated::Behind { chain, .. } = behind else { panic!("{behind:?}") };
    assert_eq!(chain.head, 20);
    assert_eq!(chain.steps.iter().map(|at| at.0).collect::<Vec<_>>(), [20, 19, 18, 17, 16, 15, 14, 13]);
}

/// Who comes late is excused for the head alone, and not soon after somebody else was; everybody who is late for it is.
pub async fn late_comers_are_excused_now_and_then(store: Arc<dyn Store>) {
    let id = grant(4, 0).id;
    let excuse = async |head, at, since| {
        store.excuse(id, Excuse { head, at: Timestamp(at) }, Timestamp(since)).await.expect("an answer")
    };
    assert_eq!(excuse(0, 9, 9).await, Excused::No, "there is no grant");
    assert_eq!(store.grant(id).await.expect("an answer"), None, "nor is one made by it");
    assert_eq!(store.open(grant(4, 0)).await.expect("an answer"), Opened::New);
    for (head, at, since, expected) in
        [(1, 100, 50, Excused::Yes), (2, 149, 99, Excused::No), (3, 150, 100, Excused::Yes)]
    {
        assert_eq!(excuse(head, at, since).await, Excused::No, "it is not the head yet");
        let rotated = store.rotate(id, head - 1, Timestamp(1)).await.expect("an answer");
        assert!(matches!(rotated, Rotated::Next { .. }), "{rotated:?}");
        assert_eq!(excuse(head - 1, at, at).await, Excused::No, "it is not the head any more");
        let mut racers = JoinSet::new();
        for _ in 0..4 {
            let (store, excuse) = (store.clone(), Excuse { head, at: Timestamp(at) });
            racers.spawn(async move { store.excuse(id, excuse, Timestamp(since)).await.expect("an answer") });
        }
        assert_eq!(racers.join_all().await, [expected; 4], "{head}");
    }
    let chain = store.grant(id).await.expect("an answer").map(|grant| grant.state);
    let Some(State::Open(Chain { head: 3, excused, .. })) = chain else { panic!("{chain:?}") };
    assert_eq!(excused, Some(Excuse { head: 3, at: Timestamp(150) }));
    store.doubt(id, Timestamp(200)).await.expect("an answer");
    assert_eq!(excuse(3, 900, 900).await, Excused::No, "it is in doubt");
    assert_eq!(store.close(id, Timestamp(20), Why::Revoked).await.expect("an answer"), Closed::Now);
    assert_eq!(excuse(3, 900, 900).await, Excused::No, "it is closed");
}

/// Since when a grant is in doubt is what the first said, and it goes on nevertheless until it is closed.
pub async fn a_grant_in_doubt_goes_on(store: Arc<dyn Store>) {
    let known = grant(4, 0);
    let doubt = async |at| store.doubt(known.id, Timestamp(at)).await.expect("an answer");
    doubt(5).await;
    assert_eq!(store.grant(known.id).await.expect("an answer"), None, "it is not made by it");
    assert_eq!(store.open(known.clone()).await.expect("an answer"), Opened::New);
    doubt(10).await;
    doubt(20).await;
    let rotated = store.rotate(known.id, 0, Timestamp(30)).await.expect("an answer");
    let Rotated::Next { chain, .. } = rotated else { panic!("{rotated:?}") };
    assert_eq!((chain.head, chain.doubted), (1, Some(Timestamp(10))));
    assert_eq!(store.close(known.id, Timestamp(40), Why::Person).await.expect("an answer"), Closed::Now);
    doubt(50).await;
    let state = store.grant(known.id).await.expect("an answer").map(|grant| grant.state);
    assert_eq!(state, Some(State::Closed { at: Timestamp(40), why: Why::Person }));
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
    let grant = Box::new(store.grant(known.id).await.expect("an answer").expect("the grant"));
    let State::Open(chain) = grant.state.clone() else { panic!("{grant:?}") };
    assert_eq!(chain.head, 1);
    let won = Rotated::Next { grant: grant.clone(), chain: chain.clone() };
    let lost = Rotated::Behind { grant, chain };
    let count = |expected| outcomes.iter().filter(|outcome| **outcome == expected).count();
    assert_eq!((count(won), count(lost)), (1, outcomes.len() - 1));
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

/// What was guessed is counted by place, kind and hour, and found with the person or without.
pub async fn guesses_are_counted_by_the_hour(store: Arc<dyn Store>) {
    assert_eq!(store.introduce(person("alice", 2)).await.expect("an answer"), Introduced::New);
    let alice = PersonId::parse("alice").expect("a name");
    let at = |name, hour| [Guesser::Stranger, Guesser::Known].map(|from| Guessed { name, from, hour });
    let met = async |id: &PersonId, guessed| store.meet(id, guessed).await.expect("an answer");
    let (here, later, elsewhere) = (at(7, 100), at(7, 101), at(8, 100));
    assert_eq!(met(&alice, here).await, Met { person: Some(person("alice", 2)), guesses: [0, 0] });
    for count in 1..=3 {
        assert_eq!(store.count(here[0]).await.expect("an answer"), count);
    }
    assert_eq!(store.count(here[1]).await.expect("an answer"), 1);
    assert_eq!(met(&alice, here).await.guesses, [3, 1]);
    assert_eq!((met(&alice, later).await.guesses, met(&alice, elsewhere).await.guesses), ([0, 0], [0, 0]));
    let nobody = PersonId::parse("nobody").expect("a name");
    assert_eq!(met(&nobody, here).await, Met { person: None, guesses: [3, 1] });
}

/// Of any number who guess at once, each is counted.
pub async fn no_racer_guesses_for_nothing(store: Arc<dyn Store>) {
    let guessed = Guessed { name: 7, from: Guesser::Stranger, hour: 100 };
    let mut racers = JoinSet::new();
    for _ in 0..RACERS {
        let store = store.clone();
        racers.spawn(async move { store.count(guessed).await.expect("an answer") });
    }
    let mut counts = racers.join_all().await;
    counts.sort_unstable();
    assert_eq!(counts.into_iter().map(u64::from).collect::<Vec<_>>(), (1..=RACERS).collect::<Vec<_>>());
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

/// A change shows at once and begins a new epoch, and touches nothing else.
pub async fn a_changed_person_is_in_a_new_epoch(store: Arc<dyn Store>) {
    let mut known = person("dave", 5);
    assert_eq!(store.introduce(known.clone()).await.expect("an answer"), Introduced::New);
    let hash = PasswordHash::new("another hash");
    for change in [Change::Disable, Change::Password(hash.clone()), Change::Enable, Change::SignOut] {
        known.epoch += 1;
        match change {
            Change::Password(ref hash) => known.password = hash.clone(),
            Change::Disable => known.disabled = true,
            Change::Enable => known.disabled = false,
            Change::SignOut => {}
        }
        let changed = store.change(&known.id, change).await.expect("an answer");
        assert_eq!(changed, Changed::Now(Box::new(known.clone())));
        assert_eq!(store.person(&known.id).await.expect("an answer"), Some(known.clone()));
    }
    let nobody = PersonId::parse("nobody").expect("a name");
    assert_eq!(store.change(&nobody, Change::SignOut).await.expect("an answer"), Changed::Unknown);
    assert_eq!(store.person(&nobody).await.expect("an answer"), None, "nor are they introduced by it");
}

/// Of any number who begin a new epoch at once, each begins one.
pub async fn no_racer_loses_an_epoch(store: Arc<dyn Store>) {
    let known = person("erin", 0);
    assert_eq!(store.introduce(known.clone()).await.expect("an answer"), Introduced::New);
    let mut racers = JoinSet::new();
    for _ in 0..RACERS {
        let (store, id) = (store.clone(), known.id.clone());
        racers.spawn(async move { store.change(&id, Change::SignOut).await.expect("an answer") });
    }
    racers.join_all().await;
    let epoch = store.person(&known.id).await.expect("an answer").map(|person| person.epoch);
    assert_eq!(epoch, Some(RACERS));
}

/// A list has everybody once, by name, in pieces or not.
pub async fn people_are_listed_by_name(store: Arc<dyn Store>) {
    let mut names: Vec<_> = (0..120).map(|number| format!("person {number:03}")).collect();
    names.push("Zoë".to_owned());
    for name in names.iter().rev() {
        assert_eq!(store.introduce(person(name, 2)).await.expect("an answer"), Introduced::New);
    }
    assert_eq!(store.open(grant(7, 10)).await.expect("an answer"), Opened::New);
    let mut listed: Vec<Person> = Vec::new();
    loop {
        let after = listed.last().map(|person| person.id.clone());
        let page = store.people(after.as_ref()).await.expect("an answer");
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    names.sort();
    assert_eq!(listed, names.iter().map(|name| person(name, 2)).collect::<Vec<_>>());
}

/// A list has every grant of a person once, with what became of it, and nobody else's.
pub async fn grants_are_listed_by_person(store: Arc<dyn Store>) {
    for id in 0..120 {
        assert_eq!(store.open(grant(id, 10)).await.expect("an answer"), Opened::New);
    }
    let bob = PersonId::parse("bob").expect("a name");
    let foreign = Grant { person: bob.clone(), ..grant(200, 10) };
    assert_eq!(store.open(foreign.clone()).await.expect("an answer"), Opened::New);
    let closing = GrantId([8; 16]);
    assert_eq!(store.close(closing, Timestamp(20), Why::Operator).await.expect("an answer"), Closed::Now);
    let rotated = store.rotate(GrantId([9; 16]), 0, Timestamp(20)).await.expect("an answer");
    assert!(matches!(rotated, Rotated::Next { .. }), "{rotated:?}");
    let mut listed: Vec<Grant> = Vec::new();
    loop {
        let after = listed.last().map(|grant| grant.id);
        let page = store.grants_of(&grant(0, 10).person, after).await.expect("an answer");
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    listed.sort_by_key(|grant| grant.id);
    let mut known: Vec<_> = (0..120).map(|id| grant(id, 10)).collect();
    known[8].state = State::Closed { at: Timestamp(20), why: Why::Operator };
    assert_eq!(known[9].state.rotate(0, Timestamp(20)), Turn::Next);
    assert_eq!(listed, known, "as they are now");
    assert_eq!(store.grants_of(&bob, None).await.expect("an answer"), [foreign]);
}

fn keys() -> ClientKeys {
    ClientKeys::parse(&serde_json::json!({ "keys": [KeyPair::new(1).jwk()] })).expect("keys")
}

/// A client with this id.
pub fn client(id: &str, mark: u64) -> KnownClient {
    let uri = |text: &str| RedirectUri::parse(text).expect("a redirect URI").registered().clone();
    KnownClient {
        id: ClientId(id.to_owned()),
        name: (mark > 1).then(|| ClientName::parse("A name").expect("a name")),
        redirect_uris: match mark {
            3 => Default::default(),
            _ => [uri("https://a.example/callback"), uri(&format!("http://127.0.0.1/{mark}"))].into(),
        },
        shows: match mark {
            1 => KnownBy::Secret,
            3 => KnownBy::Keys(PublishedKeys::Here(keys())),
            4 => {
                KnownBy::Keys(PublishedKeys::At(DocumentUrl::parse("https://a.example/keys").expect("a URL")))
            }
            _ => KnownBy::Nothing,
        },
        own_scope: Scope::parse(if mark == 3 { "user files" } else { "" }).expect("scopes"),
        added_at: Timestamp(mark),
        blocked: false,
    }
}

/// A client is found as it was enrolled, and another of the same id does not replace it.
pub async fn a_client_is_enrolled_once(store: Arc<dyn Store>) {
    let [first, other] = [client("one", 1), client("other", 2)];
    assert_eq!(store.client(&first.id).await.expect("an answer"), None);
    assert_eq!(store.enroll(first.clone()).await.expect("an answer"), Enrolled::New);
    assert_eq!(store.enroll(other.clone()).await.expect("an answer"), Enrolled::New);
    assert_eq!(store.enroll(client("one", 3)).await.expect("an answer"), Enrolled::Already);
    for known in [first, other] {
        assert_eq!(store.client(&known.id).await.expect("an answer"), Some(known));
    }
}

/// A client is blocked and let go on, and forgotten: then it is as if it had never been known.
pub async fn a_client_can_be_taken_back(store: Arc<dyn Store>) {
    let known = client("one", 2);
    assert_eq!(store.block(&known.id, true).await.expect("an answer"), Blocked::Unknown);
    assert_eq!(store.client(&known.id).await.expect("an answer"), None, "it is not made by blocking it");
    assert_eq!(store.enroll(known.clone()).await.expect("an answer"), Enrolled::New);
    for blocked in [true, true, false] {
        assert_eq!(store.block(&known.id, blocked).await.expect("an answer"), Blocked::Now);
        let expected = KnownClient { blocked, ..known.clone() };
        assert_eq!(store.client(&known.id).await.expect("an answer"), Some(expected));
    }
    store.remove(&known.id).await.expect("an answer");
    store.remove(&known.id).await.expect("an answer, however often");
    assert_eq!(store.client(&known.id).await.expect("an answer"), None);
    assert_eq!(store.block(&known.id, true).await.expect("an answer"), Blocked::Unknown);
    assert_eq!(store.enroll(known).await.expect("an answer"), Enrolled::New);
}

/// A list has every client once, by id, in pieces or not.
pub async fn clients_are_listed_by_id(store: Arc<dyn Store>) {
    let mut known: Vec<_> = (0..120).map(|number| client(&format!("client {number:03}"), number)).collect();
    for client in known.iter().rev() {
        assert_eq!(store.enroll(client.clone()).await.expect("an answer"), Enrolled::New);
    }
    assert_eq!(store.introduce(person("alice", 2)).await.expect("an answer"), Introduced::New);
    assert_eq!(store.block(&known[3].id, true).await.expect("an answer"), Blocked::Now);
    known[3].blocked = true;
    let mut listed: Vec<KnownClient> = Vec::new();
    loop {
        let page = store.clients(listed.last().map(|client| &client.id)).await.expect("an answer");
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    assert_eq!(listed, known);
}

/// An assertion with this name.
pub fn assertion(name: &str) -> AssertionId {
    AssertionId { digest: Digest::of(name), expires_at: Timestamp(60) }
}

/// An assertion is taken once, and another is another.
pub async fn an_assertion_is_taken_once(store: Arc<dyn Store>) {
    assert_eq!(store.accept(assertion("one")).await.expect("an answer"), Accepted::Now);
    assert_eq!(store.accept(assertion("one")).await.expect("an answer"), Accepted::Already);
    assert_eq!(store.accept(assertion("other")).await.expect("an answer"), Accepted::Now);
}

/// Of any number who bring an assertion at once, one is let in.
pub async fn of_racers_one_has_its_assertion_taken(store: Arc<dyn Store>) {
    let mut racers = JoinSet::new();
    for _ in 0..RACERS {
        let store = store.clone();
        racers.spawn(async move { store.accept(assertion("one")).await.expect("an answer") });
    }
    let taken = racers.join_all().await.into_iter().filter(|outcome| *outcome == Accepted::Now).count();
    assert_eq!(taken, 1);
}

/// Puts every promise of the contract to a store, one test each.
#[macro_export]
macro_rules! keeps_the_contract {
    ($store:expr) => {
        $crate::keeps_the_contract! {
            $store;
            a_grant_is_opened_once,
            of_racers_one_opens_a_grant,
            an_unknown_grant_stays_unknown,
            a_generation_is_used_once,
            the_latest_steps_of_a_grant_are_remembered,
            of_racers_one_uses_a_generation,
            late_comers_are_excused_now_and_then,
            a_grant_in_doubt_goes_on,
            a_closed_grant_stays_closed,
            a_person_is_found_as_introduced,
            of_racers_one_introduces_a_person,
            guesses_are_counted_by_the_hour,
            no_racer_guesses_for_nothing,
            a_changed_person_is_in_a_new_epoch,
            no_racer_loses_an_epoch,
            people_are_listed_by_name,
            grants_are_listed_by_person,
            a_client_is_enrolled_once,
            a_client_can_be_taken_back,
            clients_are_listed_by_id,
            an_assertion_is_taken_once,
            of_racers_one_has_its_assertion_taken,
        }
    };
    ($store:expr; $($promise:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $promise() {
            $crate::contract::$promise(std::sync::Arc::new($store)).await;
        })*
    };
}
