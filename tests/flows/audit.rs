//! The audit log: every event of a complete scenario has the fields that docs/audit.md lists for its name.

use doorward::protocol::paths::ACCOUNT;
use doorward::wire::{Event, EventKind, Events, Response};
use harness::client::Tokens;
use harness::person::sent_on;
use harness::test_server::header;
use harness::{Client, Person, TestServer};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The fields of every event name, as docs/audit.md lists them.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let rows = include_str!("../../docs/audit.md").lines().skip_while(|line| !line.starts_with("| name |"));
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let read = |row: &str| -> Vec<(String, BTreeSet<String>)> {
        let cells: Vec<_> = row.split(" | ").collect();
        let keys: BTreeSet<_> = quoted(cells[2]).into_iter().collect();
        quoted(cells[0]).into_iter().map(|name| (name, keys.clone())).collect()
    };
    rows.skip(2).take_while(|row| row.starts_with("| ")).flat_map(read).collect()
}

fn keys(event: &Event) -> BTreeSet<String> {
    let Event { client, person, grant, rule, reason, by, .. } = event;
    let there = [
        ("client", client.is_some()),
        ("person", person.is_some()),
        ("grant", grant.is_some()),
        ("code", rule.is_some()),
        ("reason", reason.is_some()),
        ("by", by.is_some()),
    ];
    there.into_iter().filter(|(_, is_there)| *is_there).map(|(key, _)| key.to_owned()).collect()
}

/// Runs sign-in, consent, code exchange, refresh, replay, revocation and sign-out, and returns the answers.
async fn live(test: &TestServer) -> Vec<Response> {
    let mut answers = Vec::new();
    let (client, mut alice) = (Client::register(test).await, Person::alice());
    let mut wrong = Person::new("alice", "guess");
    let page = wrong.open(test, &client.url()).await;
    answers.push(wrong.submit(test, &page, "").await);
    let page = alice.open(test, &client.url()).await;
    answers.push(alice.submit(test, &page, "").await);
    let page = alice.open(test, &client.url()).await;
    answers.push(alice.submit(test, &page, "deny").await);
    answers.push(alice.submit(test, &page, "allow").await);
    let code = harness::test_server::parameter(sent_on(&answers[3]), "code").unwrap();
    for _ in 0..2 {
        answers.push(test.send(client.redeems(&code)).await);
    }
    let mut head = Tokens::of(&answers[4]);
    let first = head.clone();
    for _ in 0..2 {
        let before = head;
        answers.push(test.send(client.refreshes(&before.refresh)).await);
        head = Tokens::of(answers.last().unwrap());
        test.clock.pass(Duration::from_secs(3600));
        answers.push(test.send(client.refreshes(&before.refresh)).await);
    }
    answers.push(test.send(client.refreshes(&first.refresh)).await);
    client.obtain_tokens(test, &mut Person::alice()).await;
    answers.push(test.send(client.refreshes(&head.refresh)).await);
    let last = client.obtain_tokens(test, &mut Person::alice()).await;
    answers.push(test.send(client.revokes(&last.refresh)).await);
    let mut here = Person::alice();
    client.obtain_tokens(test, &mut here).await;
    for action in ["revoke-all", "sign-out-everywhere"] {
        let page = here.open(test, ACCOUNT).await;
        answers.push(here.submit_at(test, ACCOUNT, &page, action).await);
    }
    answers
}

#[tokio::test]
async fn every_audit_event_has_the_documented_fields() {
    let (test, documented) = (TestServer::new().await, documented());
    let mut seen = BTreeSet::new();
    for answer in live(&test).await {
        let events = answer.extensions().get::<Events>().cloned().unwrap_or_default().0;
        assert!(!events.is_empty(), "{answer:?}");
        for event in events {
            let (name, keys) = (event.kind.name(), keys(&event));
            assert!(keys.is_subset(&documented[name]), "{event}: {keys:?}");
            let loose =
                [EventKind::Refused, EventKind::Revoked, EventKind::SignInFailed, EventKind::SignedIn]
                    .contains(&event.kind);
            let without_reason = |keys: &BTreeSet<_>| {
                keys.iter().filter(|key| **key != "reason").cloned().collect::<BTreeSet<_>>()
            };
            assert!(
                loose || without_reason(&keys) == without_reason(&documented[name]),
                "{event}: {:?}",
                documented[name]
            );
            assert_eq!(
                event.correlation.as_deref(),
                Some(header(&answer, "doorward-correlation")),
                "{event}"
            );
            assert!(event.to_string().starts_with(name), "{event}");
            seen.insert(name);
        }
    }
    let expected = [
        "code_replayed",
        "code_spent",
        "consented",
        "denied",
        "refresh_reused",
        "refreshed",
        "refreshed_late",
        "refused",
        "revoked",
        "sign_in_failed",
        "signed_in",
        "signed_out",
        "superseded",
    ];
    assert_eq!(seen, expected.into());
}
