//! Exact counts after whole flows.

use crate::running::Running;
use harness::client::{Client, Tokens, tool_call};
use harness::person::Person;
use harness::test_server::{json, post};

/// Makes what happened seem a hundred days older, so that refresh windows have passed.
fn age(running: &Running) {
    let all = (0..8).map(|step| format!("step_{step} = step_{step} - 8640000"));
    let update = format!("UPDATE grants SET {}", all.collect::<Vec<_>>().join(", "));
    assert_eq!(running.other_program().execute(&update, []).unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_two_refreshes_a_reuse_and_a_refusal() {
    let running = Running::start().await;
    let test = &running.test;
    let client = Client::register(test).await;
    let first = client.obtain_tokens(test, &mut Person::alice()).await;
    let second = Tokens::of(&test.send(client.refreshes(&first.refresh)).await);
    let third = Tokens::of(&test.send(client.refreshes(&second.refresh)).await);
    assert_eq!(test.call(tool_call(Some(&third.access), "me")).await.status(), 200);
    assert_eq!(test.call(tool_call(None, "me")).await.status(), 401);
    age(&running);
    let reused = test.send(client.refreshes(&first.refresh)).await;
    assert_eq!((reused.status().as_u16(), &json(&reused)["error"]), (400, &"invalid_grant".into()));
    let garbage = test.send(post("/oauth/token", &[("grant_type", "password")])).await;
    assert_eq!(garbage.status(), 400);

    let now = running.scrape().await;
    now.assert_counted(
        "doorward_requests_total",
        &[
            ("endpoint=/oauth/authorize,status=200", 3),
            ("endpoint=/oauth/authorize,status=303", 1),
            ("endpoint=/oauth/register,status=201", 1),
            ("endpoint=/oauth/token,status=200", 3),
            ("endpoint=/oauth/token,status=400", 2),
            ("endpoint=mcp,status=200", 1),
            ("endpoint=mcp,status=401", 1),
        ],
    );
    assert_eq!(now.value("doorward_request_seconds_count{endpoint=\"/oauth/token\"}"), 5.0);
    assert!(now.value("doorward_request_seconds_sum{endpoint=\"/oauth/token\"}") > 0.0);
    now.assert_counted(
        "doorward_events_total",
        &[
            ("event=client_registered", 1),
            ("event=code_spent", 1),
            ("event=consented", 1),
            ("event=refresh_reused", 1),
            ("event=refreshed", 2),
            ("event=refused", 2),
            ("event=signed_in", 1),
        ],
    );
    now.assert_counted(
        "doorward_refusals_total",
        &[("code=invalid_grant", 1), ("code=unsupported_grant_type", 1)],
    );
    now.assert_counted("doorward_rotations_total", &[("outcome=behind", 1), ("outcome=next", 2)]);
    now.assert_counted("doorward_excuses_total", &[]);
    now.assert_counted(
        "doorward_guesses_total",
        &[("from=unknown_browser,outcome=counted", 1), ("from=unknown_browser,outcome=given_back", 1)],
    );
    now.assert_counted("doorward_store_errors_total", &[]);
    now.assert_counted(
        "doorward_store_seconds_count",
        &[
            ("operation=attempts_give_back", 1),
            ("operation=attempts_reserve", 1),
            ("operation=blocks_read", 1),
            ("operation=grants_doubt", 1),
            ("operation=grants_open", 1),
            ("operation=grants_rotate", 3),
            ("operation=people_add", 1),
            ("operation=people_find", 2),
            ("operation=sign_ins_find", 1),
        ],
    );
    // The user is added, a guess is counted and given back, the grant is opened, rotated twice and doubted. The third rotation
    // changed nothing.
    assert!(now.value("doorward_commit_seconds_count") >= 7.0, "{now:?}");
    assert_eq!(now.value("doorward_commit_writes_count"), now.value("doorward_commit_seconds_count"));
    for (file, name) in [("db", "doorward.db"), ("wal", "doorward.db-wal")] {
        let bytes = std::fs::metadata(running.folder.join(name)).unwrap().len();
        assert_eq!(now.value(&format!("doorward_store_bytes{{file=\"{file}\"}}")), bytes as f64, "{file}");
    }
    assert_eq!(now.value("doorward_store_queue"), 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_stays_counted() {
    let running = Running::start().await;
    let client = Client::register(&running.test).await;
    let mut person = Person::new("alice", "wrong");
    let page = person.open(&running.test, &client.url()).await;
    assert_eq!(person.submit(&running.test, &page, "").await.status(), 403);
    let now = running.scrape().await;
    now.assert_counted("doorward_guesses_total", &[("from=unknown_browser,outcome=counted", 1)]);
    assert_eq!(now.value("doorward_events_total{event=\"sign_in_failed\"}"), 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_of_a_document_has_an_outcome() {
    let running = Running::start().await;
    // No server is at this address. Loopback is allowed, because the issuer is on loopback.
    let client =
        Client { id: "https://localhost:1/client".to_owned(), redirect_uri: "http://127.0.0.1/".to_owned() };
    let page = Person::alice().open(&running.test, &client.url()).await;
    assert_eq!(page.status(), 503);
    let now = running.scrape().await;
    now.assert_counted("doorward_document_fetches_total", &[("outcome=unreachable", 1)]);
    now.assert_counted("doorward_refusals_total", &[("code=temporarily_unavailable", 1)]);
}
