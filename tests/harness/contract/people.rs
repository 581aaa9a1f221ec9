//! Store contract for users, and for the counters of sign-in attempts (rate limit).

use super::{RACERS, grant};
use doorward::ports::PasswordHash;
use doorward::protocol::{EmailAddress, PersonId};
use doorward::store::{
    Added, AttemptKey, AttemptSource, Change, Changed, Login, Opened, Person, Replaced, Reserved,
    SignInRecord, Stores,
};
use tokio::task::JoinSet;

/// A user with this name; `mark` makes the records of concurrent tasks differ. With a mark below 4 it has only what the first
/// version of each store could keep.
pub fn person(name: &str, mark: u64) -> Person {
    let id = PersonId::parse(name).expect("a name");
    let login = match mark {
        3 => Login::Provider { name: format!("{name} at the provider") },
        _ => Login::Password(PasswordHash::new(format!("hash {mark}"))),
    };
    let email = (mark >= 4).then(|| EmailAddress::parse("a@acme.example").expect("an address"));
    Person { epoch: mark, disabled: mark == 1, email, ..Person::new(id, login) }
}

/// A user is found as introduced, and only under the exact name.
pub async fn an_introduced_person_is_found_unchanged(stores: Stores) {
    assert_eq!(stores.people().add(person("alice", 1)).await.expect("an answer"), Added::New);
    let find =
        async |name| stores.people().find(&PersonId::parse(name).expect("a name")).await.expect("an answer");
    assert_eq!(find("alice").await, Some(person("alice", 1)));
    assert_eq!(find("Alice").await, None);
    assert_eq!(find("bob").await, None);
    assert_eq!(stores.people().add(person("carol", 3)).await.expect("an answer"), Added::New);
    assert_eq!(find("carol").await, Some(person("carol", 3)));
}

/// Sign-in attempts are counted by name, source and hour. The counts are found for unknown users too.
pub async fn sign_in_attempts_are_counted_by_the_hour(stores: Stores) {
    assert_eq!(stores.people().add(person("alice", 2)).await.expect("an answer"), Added::New);
    let alice = PersonId::parse("alice").expect("a name");
    let at = |name, hour| {
        [AttemptSource::UnknownBrowser, AttemptSource::KnownBrowser].map(|from| AttemptKey {
            name,
            from,
            hour,
        })
    };
    let met =
        async |id: &PersonId, attempt_key| stores.sign_ins().find(id, attempt_key).await.expect("an answer");
    let (here, later, elsewhere) = (at(7, 100), at(7, 101), at(8, 100));
    assert_eq!(met(&alice, here).await, SignInRecord { person: Some(person("alice", 2)), attempts: [0, 0] });
    for reserved in [Reserved::Yes, Reserved::Yes, Reserved::Yes, Reserved::Full] {
        assert_eq!(reserve(&stores, here[0], 3).await, reserved);
    }
    assert_eq!(reserve(&stores, here[1], 3).await, Reserved::Yes);
    assert_eq!(met(&alice, here).await.attempts, [3, 1]);
    assert_eq!((met(&alice, later).await.attempts, met(&alice, elsewhere).await.attempts), ([0, 0], [0, 0]));
    let unknown = PersonId::parse("unknown").expect("a name");
    assert_eq!(met(&unknown, here).await, SignInRecord { person: None, attempts: [3, 1] });
}

async fn reserve(stores: &Stores, key: AttemptKey, limit: u32) -> Reserved {
    stores.attempts().reserve(key, limit).await.expect("an answer")
}

const OF_AN_HOUR: AttemptKey = AttemptKey { name: 7, from: AttemptSource::UnknownBrowser, hour: 100 };

/// Of concurrent sign-in attempts, as many are reserved as the limit says.
pub async fn concurrent_sign_in_attempts_keep_the_limit(stores: Stores) {
    for limit in [10, 20] {
        let mut racers = JoinSet::new();
        for _ in 0..RACERS {
            let stores = stores.clone();
            racers.spawn(async move { reserve(&stores, OF_AN_HOUR, limit).await });
        }
        let reserved = racers.join_all().await.into_iter().filter(|reserved| *reserved == Reserved::Yes);
        assert_eq!(reserved.count(), 10, "the second time, ten are counted already");
        assert_eq!(stores.attempts().read(OF_AN_HOUR).await.expect("an answer"), limit);
    }
}

/// An attempt that is given back can be reserved again, in its hour only. A counter does not fall below zero.
pub async fn a_sign_in_attempt_is_given_back_to_its_hour(stores: Stores) {
    let attempts = stores.attempts();
    let later = AttemptKey { hour: 101, ..OF_AN_HOUR };
    for key in [OF_AN_HOUR, OF_AN_HOUR, later] {
        assert_eq!(reserve(&stores, key, 2).await, Reserved::Yes);
    }
    attempts.give_back(OF_AN_HOUR).await.expect("an answer");
    for key in [OF_AN_HOUR, later] {
        assert_eq!(attempts.read(key).await.expect("an answer"), 1, "{key:?}");
    }
    let mut racers = JoinSet::new();
    for _ in 0..RACERS {
        let stores = stores.clone();
        racers.spawn(async move { stores.attempts().give_back(later).await.expect("an answer") });
    }
    racers.join_all().await;
    let never = AttemptKey { hour: 102, ..OF_AN_HOUR };
    attempts.give_back(never).await.expect("an answer");
    for (key, count) in [(OF_AN_HOUR, 1), (later, 0), (never, 0)] {
        assert_eq!(attempts.read(key).await.expect("an answer"), count, "{key:?}");
    }
}

/// A counter that is reset starts anew. Other counters stay.
pub async fn a_counter_of_sign_in_attempts_is_reset(stores: Stores) {
    let known = AttemptKey { from: AttemptSource::KnownBrowser, ..OF_AN_HOUR };
    for key in [OF_AN_HOUR, known] {
        assert_eq!(reserve(&stores, key, 1).await, Reserved::Yes);
    }
    stores.attempts().reset(OF_AN_HOUR).await.expect("an answer");
    assert_eq!(reserve(&stores, OF_AN_HOUR, 1).await, Reserved::Yes);
    assert_eq!(reserve(&stores, known, 1).await, Reserved::Full);
}

/// Of concurrent introductions of one user, exactly one succeeds, and its record stays.
pub async fn concurrent_introductions_of_a_person_have_one_winner(stores: Stores) {
    let mut racers = JoinSet::new();
    for mark in 0..RACERS {
        let stores = stores.clone();
        racers.spawn(
            async move { (mark, stores.people().add(person("carol", mark)).await.expect("an answer")) },
        );
    }
    let outcomes = racers.join_all().await;
    let won: Vec<_> = outcomes.iter().filter(|(_, outcome)| *outcome == Added::New).collect();
    let [(winner, _)] = won[..] else { panic!("{} racers won", won.len()) };
    let known = stores.people().find(&PersonId::parse("carol").expect("a name")).await.expect("an answer");
    assert_eq!(known, Some(person("carol", *winner)));
}

/// A change takes effect at once and raises the epoch. It changes no other member.
pub async fn a_change_of_a_person_starts_a_new_epoch(stores: Stores) {
    let mut known = person("dave", 5);
    assert_eq!(stores.people().add(known.clone()).await.expect("an answer"), Added::New);
    let hash = PasswordHash::new("another hash");
    let address = EmailAddress::parse("dave@acme.example");
    for change in [
        Change::Disable,
        Change::Email(address),
        Change::Password(hash.clone()),
        Change::Enable,
        Change::SignOut,
        Change::Email(None),
    ] {
        known.epoch += 1;
        match change {
            Change::Password(ref hash) => known.login = Login::Password(hash.clone()),
            Change::Disable => known.disabled = true,
            Change::Enable => known.disabled = false,
            Change::Email(ref email) => known.email.clone_from(email),
            Change::SignOut => {}
        }
        let changed = stores.people().change(&known.id, change).await.expect("an answer");
        assert_eq!(changed, Changed::Now(Box::new(known.clone())));
        assert_eq!(stores.people().find(&known.id).await.expect("an answer"), Some(known.clone()));
    }
    let unknown = PersonId::parse("unknown").expect("a name");
    assert_eq!(stores.people().change(&unknown, Change::SignOut).await.expect("an answer"), Changed::Unknown);
    assert_eq!(
        stores.people().find(&unknown).await.expect("an answer"),
        None,
        "a change does not create a user"
    );
}

/// Of concurrent changes, each raises the epoch by one.
pub async fn concurrent_changes_of_a_person_each_raise_the_epoch(stores: Stores) {
    let known = person("erin", 0);
    assert_eq!(stores.people().add(known.clone()).await.expect("an answer"), Added::New);
    let mut racers = JoinSet::new();
    for _ in 0..RACERS {
        let (stores, id) = (stores.clone(), known.id.clone());
        racers.spawn(async move { stores.people().change(&id, Change::SignOut).await.expect("an answer") });
    }
    racers.join_all().await;
    let epoch = stores.people().find(&known.id).await.expect("an answer").map(|person| person.epoch);
    assert_eq!(epoch, Some(RACERS));
}

/// A password is replaced at the epoch that the caller names, and the next epoch begins. At any other, nothing changes.
pub async fn a_password_is_replaced_only_at_its_epoch(stores: Stores) {
    let mut known = person("frank", 5);
    assert_eq!(stores.people().add(known.clone()).await.expect("an answer"), Added::New);
    let replace = async |id: &PersonId, epoch, hash: &str| {
        stores.people().replace_password(id, epoch, PasswordHash::new(hash)).await.expect("an answer")
    };
    for epoch in [0, 4, 6, u64::MAX] {
        assert_eq!(replace(&known.id, epoch, "too late").await, Replaced::TooLate, "{epoch}");
    }
    assert_eq!(stores.people().find(&known.id).await.expect("an answer"), Some(known.clone()));
    assert_eq!(replace(&known.id, 5, "another hash").await, Replaced::Now);
    assert_eq!(replace(&known.id, 5, "too late").await, Replaced::TooLate);
    (known.epoch, known.login) = (6, Login::Password(PasswordHash::new("another hash")));
    assert_eq!(stores.people().find(&known.id).await.expect("an answer"), Some(known));
    let unknown = PersonId::parse("unknown").expect("a name");
    assert_eq!(replace(&unknown, 0, "a hash").await, Replaced::TooLate);
    assert_eq!(stores.people().find(&unknown).await.expect("an answer"), None);
}

/// Of concurrent replacements of a password, one succeeds, and its password stays.
pub async fn concurrent_replacements_of_a_password_have_one_winner(stores: Stores) {
    let known = person("grace", 0);
    assert_eq!(stores.people().add(known.clone()).await.expect("an answer"), Added::New);
    let mut racers = JoinSet::new();
    for mark in 0..RACERS {
        let (stores, id) = (stores.clone(), known.id.clone());
        racers.spawn(async move {
            let hash = PasswordHash::new(format!("hash of racer {mark}"));
            let replaced = stores.people().replace_password(&id, 0, hash.clone()).await.expect("an answer");
            (replaced == Replaced::Now).then_some(hash)
        });
    }
    let won: Vec<_> = racers.join_all().await.into_iter().flatten().collect();
    let [hash] = &won[..] else { panic!("{} racers won", won.len()) };
    let found = stores.people().find(&known.id).await.expect("an answer");
    assert_eq!(found, Some(Person { epoch: 1, login: Login::Password(hash.clone()), ..known }));
}

/// The list has every user once, ordered by name, over several pages.
pub async fn people_are_listed_by_name(stores: Stores) {
    let mut names: Vec<_> = (0..120).map(|number| format!("person {number:03}")).collect();
    names.push("Zoë".to_owned());
    for name in names.iter().rev() {
        assert_eq!(stores.people().add(person(name, 4)).await.expect("an answer"), Added::New);
    }
    assert_eq!(stores.grants().open(grant(7, 10)).await.expect("an answer"), Opened::New);
    let mut listed: Vec<Person> = Vec::new();
    loop {
        let after = listed.last().map(|person| person.id.clone());
        let page = stores.people().list(after.as_ref()).await.expect("an answer");
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    names.sort();
    assert_eq!(listed, names.iter().map(|name| person(name, 4)).collect::<Vec<_>>());
}
