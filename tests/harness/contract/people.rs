//! Store contract for users, and for the counters of sign-in attempts (rate limit).

use super::{RACERS, grant};
use doorward::ports::PasswordHash;
use doorward::protocol::PersonId;
use doorward::store::{
    AttemptKey, AttemptSource, Change, Changed, Introduced, Opened, Person, SignInRecord, Store,
};
use std::sync::Arc;
use tokio::task::JoinSet;

/// A user with this name; `mark` makes the records of concurrent tasks differ.
pub fn person(name: &str, mark: u64) -> Person {
    let id = PersonId::parse(name).expect("a name");
    let password = (mark != 3).then(|| PasswordHash::new(format!("hash {mark}")));
    let called = (mark == 3).then(|| format!("{name} of elsewhere"));
    Person { id, password, called, epoch: mark, disabled: mark == 1 }
}

/// A user is found as introduced, and only under the exact name.
pub async fn an_introduced_person_is_found_unchanged(store: Arc<dyn Store>) {
    assert_eq!(store.introduce(person("alice", 1)).await.expect("an answer"), Introduced::New);
    let find = async |name| store.person(&PersonId::parse(name).expect("a name")).await.expect("an answer");
    assert_eq!(find("alice").await, Some(person("alice", 1)));
    assert_eq!(find("Alice").await, None);
    assert_eq!(find("bob").await, None);
    assert_eq!(store.introduce(person("carol", 3)).await.expect("an answer"), Introduced::New);
    assert_eq!(find("carol").await, Some(person("carol", 3)));
}

/// Sign-in attempts are counted by name, source and hour. The counts are found for unknown users too.
pub async fn sign_in_attempts_are_counted_by_the_hour(store: Arc<dyn Store>) {
    assert_eq!(store.introduce(person("alice", 2)).await.expect("an answer"), Introduced::New);
    let alice = PersonId::parse("alice").expect("a name");
    let at = |name, hour| {
        [AttemptSource::UnknownBrowser, AttemptSource::KnownBrowser].map(|from| AttemptKey {
            name,
            from,
            hour,
        })
    };
    let met = async |id: &PersonId, attempt_key| store.for_sign_in(id, attempt_key).await.expect("an answer");
    let (here, later, elsewhere) = (at(7, 100), at(7, 101), at(8, 100));
    assert_eq!(met(&alice, here).await, SignInRecord { person: Some(person("alice", 2)), attempts: [0, 0] });
    for count in 1..=3 {
        assert_eq!(store.count(here[0]).await.expect("an answer"), count);
    }
    assert_eq!(store.count(here[1]).await.expect("an answer"), 1);
    assert_eq!(met(&alice, here).await.attempts, [3, 1]);
    assert_eq!((met(&alice, later).await.attempts, met(&alice, elsewhere).await.attempts), ([0, 0], [0, 0]));
    let unavailable = PersonId::parse("nobody").expect("a name");
    assert_eq!(met(&unavailable, here).await, SignInRecord { person: None, attempts: [3, 1] });
}

/// Of concurrent sign-in attempts, each is counted.
pub async fn concurrent_sign_in_attempts_are_all_counted(store: Arc<dyn Store>) {
    let attempt_key = AttemptKey { name: 7, from: AttemptSource::UnknownBrowser, hour: 100 };
    let mut racers = JoinSet::new();
    for _ in 0..RACERS {
        let store = store.clone();
        racers.spawn(async move { store.count(attempt_key).await.expect("an answer") });
    }
    let mut counts = racers.join_all().await;
    counts.sort_unstable();
    assert_eq!(counts.into_iter().map(u64::from).collect::<Vec<_>>(), (1..=RACERS).collect::<Vec<_>>());
}

/// Of concurrent introductions of one user, exactly one succeeds, and its record stays.
pub async fn concurrent_introductions_of_a_person_have_one_winner(store: Arc<dyn Store>) {
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

/// A change takes effect at once and raises the epoch. It changes no other member.
pub async fn a_change_of_a_person_starts_a_new_epoch(store: Arc<dyn Store>) {
    let mut known = person("dave", 5);
    assert_eq!(store.introduce(known.clone()).await.expect("an answer"), Introduced::New);
    let hash = PasswordHash::new("another hash");
    for change in [Change::Disable, Change::Password(hash.clone()), Change::Enable, Change::SignOut] {
        known.epoch += 1;
        match change {
            Change::Password(ref hash) => known.password = Some(hash.clone()),
            Change::Disable => known.disabled = true,
            Change::Enable => known.disabled = false,
            Change::SignOut => {}
        }
        let changed = store.change(&known.id, change).await.expect("an answer");
        assert_eq!(changed, Changed::Now(Box::new(known.clone())));
        assert_eq!(store.person(&known.id).await.expect("an answer"), Some(known.clone()));
    }
    let unavailable = PersonId::parse("nobody").expect("a name");
    assert_eq!(store.change(&unavailable, Change::SignOut).await.expect("an answer"), Changed::Unknown);
    assert_eq!(store.person(&unavailable).await.expect("an answer"), None, "a change does not create a user");
}

/// Of concurrent changes, each raises the epoch by one.
pub async fn concurrent_changes_of_a_person_each_raise_the_epoch(store: Arc<dyn Store>) {
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

/// The list has every user once, ordered by name, over several pages.
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
