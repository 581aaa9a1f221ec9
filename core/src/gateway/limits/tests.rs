//! Limits with a clock that the test sets.

use super::*;
use crate::protocol::{ClientId, PersonId, Scope, Subject};
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
struct Set(AtomicU64);

impl Set {
    fn to(&self, seconds: u64) {
        self.0.store(seconds, Ordering::SeqCst);
    }
}

impl Clock for Set {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

fn limits(calls_per_minute: u32) -> (Arc<Set>, Arc<UserLimits>) {
    let clock = Arc::new(Set::default());
    clock.to(1000);
    (clock.clone(), Arc::new(UserLimits::new(calls_per_minute, clock)))
}

fn access(person: &str, client: &str) -> Access {
    Access {
        subject: Subject::Person(PersonId::parse(person).unwrap()),
        client: ClientId(client.to_owned()),
        scope: Scope::default(),
        effective_scope: Scope::default(),
        signed_in_at: Some(Timestamp(0)),
        expires_at: Timestamp(u64::MAX),
        grant: None,
    }
}

/// How many calls are accepted now.
fn accepted(limits: &UserLimits, access: &Access) -> usize {
    (0..1000).take_while(|_| limits.call(access).is_ok()).count()
}

#[test]
fn a_bucket_is_full_at_first_and_fills_in_a_minute() {
    let (clock, limits) = limits(90);
    let alice = access("alice", "app");
    assert_eq!(accepted(&limits, &alice), 90);
    for (now, calls) in
        [(1001, 1), (1002, 2), (1003, 1), (1003, 0), (1043, 60), (2000, 90), (1500, 0), (1501, 1)]
    {
        clock.to(now);
        assert_eq!(accepted(&limits, &alice), calls, "{now}");
    }
}

#[test]
fn the_time_until_the_next_call_is_told() {
    for (rate, seconds) in [(1, 60), (7, 9), (60, 1), (600, 1)] {
        let (clock, limits) = limits(rate);
        let alice = access("alice", "app");
        accepted(&limits, &alice);
        assert_eq!(limits.call(&alice).unwrap_err().over.retry_after, seconds, "{rate}");
        clock.to(1000 + seconds - 1);
        assert!(limits.call(&alice).is_err(), "{rate}");
        clock.to(1000 + seconds);
        assert!(limits.call(&alice).is_ok(), "{rate}");
    }
}

#[test]
fn users_and_clients_have_buckets_of_their_own() {
    let (_, limits) = limits(5);
    for (person, client) in [("alice", "app"), ("alice", "other"), ("bob", "app"), ("a", "b"), ("ab", "")] {
        assert_eq!(accepted(&limits, &access(person, client)), 5, "{person} {client}");
    }
}

#[test]
fn a_user_has_four_times_the_calls_with_all_clients() {
    let (clock, limits) = limits(5);
    let made = |client: &str| accepted(&limits, &access("alice", client));
    // A client over its limit takes nothing from the others.
    assert_eq!([made("a"), made("a"), made("b"), made("c")], [5, 0, 5, 5]);
    let one = access("alice", "d");
    limits.call(&one).unwrap();
    assert_eq!([made("d"), made("e")], [4, 0]);
    let refused = limits.call(&access("alice", "f")).unwrap_err();
    assert_eq!((refused.rate, refused.is_of_all, refused.over.retry_after), (20, true, 3));
    let refused = limits.call(&one).unwrap_err();
    assert_eq!((refused.rate, refused.is_of_all, refused.over.retry_after), (5, false, 12));
    assert_eq!(accepted(&limits, &access("bob", "a")), 5);
    clock.to(1003);
    assert_eq!(made("g"), 1);
}

#[test]
fn zero_is_no_limit() {
    let (_, limits) = limits(0);
    assert_eq!(accepted(&limits, &access("alice", "app")), 1000);
}

#[test]
fn a_refusal_is_reported_once_a_minute_for_each_user() {
    let (clock, limits) = limits(1);
    let reported = |person, client| limits.call(&access(person, client)).unwrap_err().over.is_reported;
    for person in ["alice", "bob"] {
        for client in ["app", "other"] {
            limits.call(&access(person, client)).unwrap();
        }
        assert!(reported(person, "app") && !reported(person, "app") && !reported(person, "other"));
    }
    clock.to(1059);
    assert!(!reported("alice", "app"));
    clock.to(1060);
    limits.call(&access("alice", "app")).unwrap();
    assert!(reported("alice", "app") && !reported("alice", "app"));
}

#[test]
fn a_user_has_256_requests_and_32_of_them_are_streams_with_all_clients() {
    let (_, limits) = limits(0);
    let open = |person, client, is_stream| limits.place(&access(person, client), is_stream);
    let mut streams: Vec<_> = (0..32).map(|_| open("alice", "app", true).ok().unwrap()).collect();
    let over = |retry_after, is_reported| Over { retry_after, is_reported };
    assert_eq!(open("alice", "other", true).err(), Some(TooManyOpen::Streams(over(30, true))));
    let mut others: Vec<_> = (32..256).map(|_| open("alice", "app", false).ok().unwrap()).collect();
    assert_eq!(open("alice", "other", false).err(), Some(TooManyOpen::Requests(over(2, false))));
    assert!(open("bob", "app", true).is_ok());
    others.pop();
    assert!(open("alice", "app", true).is_err(), "32 streams are open");
    others.push(open("alice", "app", false).ok().unwrap());
    streams.pop();
    streams.push(open("alice", "app", true).ok().unwrap());
    assert!(open("alice", "app", false).is_err());
    drop((streams, others));
    assert!(limits.counts().open.is_empty(), "no user without a request is kept");
}
