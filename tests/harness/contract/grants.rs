//! Store contract for grants.

use super::RACERS;
use doorward::ports::Timestamp;
use doorward::protocol::{
    ClientId, ClientName, DisplayName, EmailAddress, GrantId, Installation, Profile, Resource, Scope, Subject,
};
use doorward::store::{
    Chain, CloseReason, Closed, Excuse, Excused, Grant, Opened, Rotated, State, Steps, Stores, UseOutcome,
};
use tokio::task::JoinSet;

/// A grant with this id; `mark` makes the records of concurrent tasks differ. With a mark below 10 it has only what the first
/// version of each store could keep.
pub fn grant(id: u8, mark: u64) -> Grant {
    let is_new = mark >= 10 && mark != 20;
    let profile = Profile {
        email: EmailAddress::parse("alice@acme.example"),
        name: DisplayName::parse("Alice Example"),
    };
    Grant {
        id: GrantId([id; 16]),
        client: ClientId("client".into()),
        client_name: (mark != 20).then(|| ClientName::parse("A client").expect("a name")),
        installation: (mark != 20).then(|| Installation::parse("Firefox on Linux").expect("a browser")),
        subject: Subject::parse("alice").expect("a name"),
        scope: Scope::parse("user files").expect("scopes"),
        resource: Resource::parse("https://mcp.example/mcp").expect("a resource"),
        signed_in_at: Timestamp(mark),
        opened_at: Timestamp(mark),
        expires_at: Timestamp(mark + 3600),
        kept_until: Timestamp(mark + 3660),
        state: State::opened(Timestamp(mark)),
        profile: if is_new { profile } else { Profile::default() },
        issuer: is_new.then(|| "https://idp.example".to_owned()),
    }
}

/// The first open stores the grant. Each later open returns the whole record of the first.
pub async fn a_grant_is_opened_once(stores: Stores) {
    assert_eq!(stores.grants().open(grant(1, 10)).await.expect("an answer"), Opened::New);
    assert_eq!(
        stores.grants().open(grant(1, 20)).await.expect("an answer"),
        Opened::Already(Box::new(grant(1, 10)))
    );
    assert_eq!(stores.grants().open(grant(2, 20)).await.expect("an answer"), Opened::New);
}

/// Of concurrent opens, exactly one succeeds. The others return its record.
pub async fn concurrent_opens_of_a_grant_have_one_winner(stores: Stores) {
    let mut racers = JoinSet::new();
    for mark in 0..RACERS {
        let stores = stores.clone();
        racers.spawn(async move { (mark, stores.grants().open(grant(3, mark)).await.expect("an answer")) });
    }
    let (won, lost): (Vec<_>, Vec<_>) =
        racers.join_all().await.into_iter().partition(|(_, opened)| *opened == Opened::New);
    let [(winner, _)] = won[..] else { panic!("{} racers won", won.len()) };
    for (_, outcome) in lost {
        assert_eq!(outcome, Opened::Already(Box::new(grant(3, winner))));
    }
}

/// A grant that was never opened cannot be found, rotated or closed.
pub async fn an_unknown_grant_stays_unknown(stores: Stores) {
    let id = GrantId([9; 16]);
    assert_eq!(stores.grants().find(id).await.expect("an answer"), None);
    assert_eq!(stores.grants().rotate(id, 0, Timestamp(1)).await.expect("an answer"), Rotated::Unknown);
    assert_eq!(
        stores.grants().close(id, Timestamp(1), CloseReason::Revoked).await.expect("an answer"),
        Closed::Unknown
    );
    assert_eq!(stores.grants().find(id).await.expect("an answer"), None);
}

/// Each use of the head moves it by one. A generation behind or ahead of the head changes nothing.
pub async fn a_generation_is_used_once(stores: Stores) {
    let known = grant(4, 10);
    assert_eq!(stores.grants().open(known.clone()).await.expect("an answer"), Opened::New);
    let rotate = async |generation, at| {
        stores.grants().rotate(known.id, generation, Timestamp(at)).await.expect("an answer")
    };
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
    assert_eq!(stores.grants().find(known.id).await.expect("an answer"), Some(*at(&third)));
}

/// The store keeps the times of the latest generations, for any number of generations.
pub async fn the_latest_steps_of_a_grant_are_remembered(stores: Stores) {
    let known = grant(4, 0);
    assert_eq!(stores.grants().open(known.clone()).await.expect("an answer"), Opened::New);
    for head in 1..=20 {
        let rotated =
            stores.grants().rotate(known.id, head - 1, Timestamp(u64::from(head))).await.expect("an answer");
        assert!(matches!(&rotated, Rotated::Next { chain, .. } if chain.head == head), "{rotated:?}");
    }
    let behind = stores.grants().rotate(known.id, 19, Timestamp(99)).await.expect("an answer");
    let Rotated::Behind { chain, .. } = behind else { panic!("{behind:?}") };
    assert_eq!(chain.head, 20);
    assert_eq!(chain.steps.iter().map(|at| at.0).collect::<Vec<_>>(), [20, 19, 18, 17, 16, 15, 14, 13]);
}

/// A late token is excused for the head only, and not soon after an excuse for another head. All late tokens of the
/// same head get the same result.
pub async fn late_tokens_are_excused_for_one_head_per_interval(stores: Stores) {
    let id = grant(4, 0).id;
    let excuse = async |head, at, since| {
        stores
            .grants()
            .excuse(id, Excuse { head, at: Timestamp(at) }, Timestamp(since))
            .await
            .expect("an answer")
    };
    assert_eq!(excuse(0, 9, 9).await, Excused::No, "there is no grant");
    assert_eq!(stores.grants().find(id).await.expect("an answer"), None, "an excuse does not create a grant");
    assert_eq!(stores.grants().open(grant(4, 0)).await.expect("an answer"), Opened::New);
    for (head, at, since, expected) in
        [(1, 100, 50, Excused::Yes), (2, 149, 99, Excused::No), (3, 150, 100, Excused::Yes)]
    {
        assert_eq!(excuse(head, at, since).await, Excused::No, "it is not the head yet");
        let rotated = stores.grants().rotate(id, head - 1, Timestamp(1)).await.expect("an answer");
        assert!(matches!(rotated, Rotated::Next { .. }), "{rotated:?}");
        assert_eq!(excuse(head - 1, at, at).await, Excused::No, "it is not the head any more");
        let mut racers = JoinSet::new();
        for _ in 0..4 {
            let (stores, excuse) = (stores.clone(), Excuse { head, at: Timestamp(at) });
            racers.spawn(async move {
                stores.grants().excuse(id, excuse, Timestamp(since)).await.expect("an answer")
            });
        }
        assert_eq!(racers.join_all().await, [expected; 4], "{head}");
    }
    let chain = stores.grants().find(id).await.expect("an answer").map(|grant| grant.state);
    let Some(State::Open(Chain { head: 3, excused, .. })) = chain else { panic!("{chain:?}") };
    assert_eq!(excused, Some(Excuse { head: 3, at: Timestamp(150) }));
    stores.grants().doubt(id, Timestamp(200)).await.expect("an answer");
    assert_eq!(excuse(3, 900, 900).await, Excused::No, "it is in doubt");
    assert_eq!(
        stores.grants().close(id, Timestamp(20), CloseReason::Revoked).await.expect("an answer"),
        Closed::Now
    );
    assert_eq!(excuse(3, 900, 900).await, Excused::No, "it is closed");
}

/// The first doubt sets the time of the doubt. A grant in doubt still rotates until it is closed.
pub async fn a_grant_in_doubt_still_rotates(stores: Stores) {
    let known = grant(4, 0);
    let doubt = async |at| stores.grants().doubt(known.id, Timestamp(at)).await.expect("an answer");
    doubt(5).await;
    assert_eq!(
        stores.grants().find(known.id).await.expect("an answer"),
        None,
        "a doubt does not create a grant"
    );
    assert_eq!(stores.grants().open(known.clone()).await.expect("an answer"), Opened::New);
    doubt(10).await;
    doubt(20).await;
    let rotated = stores.grants().rotate(known.id, 0, Timestamp(30)).await.expect("an answer");
    let Rotated::Next { chain, .. } = rotated else { panic!("{rotated:?}") };
    assert_eq!((chain.head, chain.doubted), (1, Some(Timestamp(10))));
    assert_eq!(
        stores.grants().close(known.id, Timestamp(40), CloseReason::Person).await.expect("an answer"),
        Closed::Now
    );
    doubt(50).await;
    let state = stores.grants().find(known.id).await.expect("an answer").map(|grant| grant.state);
    assert_eq!(state, Some(State::Closed { at: Timestamp(40), why: CloseReason::Person }));
}

/// Of concurrent uses of one generation, exactly one succeeds. The others return the new head.
pub async fn concurrent_uses_of_a_generation_have_one_winner(stores: Stores) {
    let known = grant(5, 10);
    assert_eq!(stores.grants().open(known.clone()).await.expect("an answer"), Opened::New);
    let mut racers = JoinSet::new();
    for mark in 0..RACERS {
        let (stores, id) = (stores.clone(), known.id);
        racers.spawn(async move {
            stores.grants().rotate(id, 0, Timestamp(100 + mark)).await.expect("an answer")
        });
    }
    let outcomes = racers.join_all().await;
    let grant = Box::new(stores.grants().find(known.id).await.expect("an answer").expect("the grant"));
    let State::Open(chain) = grant.state.clone() else { panic!("{grant:?}") };
    assert_eq!(chain.head, 1);
    let won = Rotated::Next { grant: grant.clone(), chain: chain.clone() };
    let lost = Rotated::Behind { grant, chain };
    let count = |expected| outcomes.iter().filter(|outcome| **outcome == expected).count();
    assert_eq!((count(won), count(lost)), (1, outcomes.len() - 1));
}

/// A closed grant keeps its time and reason. It cannot be closed again, rotated or opened.
pub async fn a_closed_grant_stays_closed(stores: Stores) {
    let known = grant(6, 10);
    assert_eq!(stores.grants().open(known.clone()).await.expect("an answer"), Opened::New);
    assert_eq!(
        stores.grants().close(known.id, Timestamp(20), CloseReason::Reuse).await.expect("an answer"),
        Closed::Now
    );
    assert_eq!(
        stores.grants().close(known.id, Timestamp(30), CloseReason::Revoked).await.expect("an answer"),
        Closed::Already
    );
    assert_eq!(stores.grants().rotate(known.id, 0, Timestamp(30)).await.expect("an answer"), Rotated::Closed);
    let closed =
        Grant { state: State::Closed { at: Timestamp(20), why: CloseReason::Reuse }, ..known.clone() };
    assert_eq!(
        stores.grants().open(known).await.expect("an answer"),
        Opened::Already(Box::new(closed.clone()))
    );
    assert_eq!(stores.grants().find(closed.id).await.expect("an answer"), Some(closed));
}

/// The list has every grant of a user once, in its present state, and no grant of another user.
pub async fn grants_are_listed_by_person(stores: Stores) {
    for id in 0..120 {
        assert_eq!(stores.grants().open(grant(id, 10)).await.expect("an answer"), Opened::New);
    }
    let bob = Subject::parse("bob").expect("a name");
    let foreign = Grant { subject: bob.clone(), ..grant(200, 10) };
    assert_eq!(stores.grants().open(foreign.clone()).await.expect("an answer"), Opened::New);
    let closing = GrantId([8; 16]);
    assert_eq!(
        stores.grants().close(closing, Timestamp(20), CloseReason::Operator).await.expect("an answer"),
        Closed::Now
    );
    let rotated = stores.grants().rotate(GrantId([9; 16]), 0, Timestamp(20)).await.expect("an answer");
    assert!(matches!(rotated, Rotated::Next { .. }), "{rotated:?}");
    let mut listed: Vec<Grant> = Vec::new();
    loop {
        let after = listed.last().map(|grant| grant.id);
        let page = stores.grants().list_of(&grant(0, 10).subject, after).await.expect("an answer");
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    listed.sort_by_key(|grant| grant.id);
    let mut known: Vec<_> = (0..120).map(|id| grant(id, 10)).collect();
    known[8].state = State::Closed { at: Timestamp(20), why: CloseReason::Operator };
    assert_eq!(known[9].state.rotate(0, Timestamp(20)), UseOutcome::Next);
    assert_eq!(listed, known, "the list shows the present states");
    assert_eq!(stores.grants().list_of(&bob, None).await.expect("an answer"), [foreign]);
}
