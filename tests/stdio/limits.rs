//! The limits of programs: how many run, how long they may take, and how much they may send.

use crate::bridge::{Bridge, Failed, Session, initialize, messages};
use crate::processes::gone;
use http::Method;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, advance, pause, resume};

const ALICE: (&str, &str) = ("alice", "app");

async fn refused(bridge: &Bridge, who: (&str, &str)) -> Failed {
    bridge.send(who, Method::POST, &[], &initialize()).await.map(|_| ()).unwrap_err()
}

#[tokio::test]
async fn a_user_has_two_programs() {
    let bridge = Bridge::to(&[]);
    let sessions = [bridge.session(ALICE).await, bridge.session(("alice", "other")).await];
    let busy = refused(&bridge, ("alice", "third")).await;
    assert!(matches!(busy, Failed::Busy(why) if why.starts_with("2 programs of this user")), "{busy}");
    bridge.session(("bob", "app")).await;
    sessions[0].send(Method::DELETE, "").await.unwrap();
    bridge.session(ALICE).await;
}

/// Clients go away without ending their session. Their user would wait ten minutes for the next one.
#[tokio::test]
async fn a_program_that_was_not_used_for_half_a_minute_makes_room_for_another_of_its_user() {
    let bridge = Bridge::to(&[]);
    let (first, second) = (bridge.session(ALICE).await, bridge.session(ALICE).await);
    let (group, stream) = (first.process().await, second.stream().await);
    pause();
    advance(Duration::from_secs(29)).await;
    resume();
    assert!(matches!(refused(&bridge, ALICE).await, Failed::Busy(_)));
    pause();
    advance(Duration::from_secs(2)).await;
    resume();
    let third = bridge.session(ALICE).await;
    gone(group).await;
    assert_eq!(first.call("echo", json!({})).await.unwrap().status(), 404);
    second.process().await;
    drop(stream);
    third.process().await;
}

#[tokio::test]
async fn sixteen_programs_run_in_all() {
    let bridge = Bridge::to(&[]);
    let users: Vec<_> = (0..17).map(|number| format!("user-{number}")).collect();
    let mut sessions: Vec<Session<'_>> = Vec::new();
    for user in &users[..16] {
        sessions.push(bridge.session((user, "app")).await);
    }
    let busy = refused(&bridge, (&users[16], "app")).await;
    assert!(matches!(busy, Failed::Busy("16 programs are running")), "{busy}");
    let group = sessions[3].process().await;
    sessions[3].send(Method::DELETE, "").await.unwrap();
    gone(group).await;
    while bridge.send((&users[16], "app"), Method::POST, &[], &initialize()).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_program_has_ten_seconds_to_answer_initialize() {
    let bridge = Bridge::to(&["--silent"]);
    pause();
    let began = Instant::now();
    let late = refused(&bridge, ALICE).await;
    assert!(matches!(&late, Failed::Late(_)), "{late}");
    assert_eq!(began.elapsed().as_secs(), 10);
    bridge.programs.end().await;
}

#[tokio::test]
async fn a_client_that_goes_away_before_its_session_began_leaves_no_program() {
    let bridge = Bridge::to(&["--silent"]);
    let body = initialize();
    let starting = bridge.send(ALICE, Method::POST, &[], &body);
    assert!(tokio::time::timeout(Duration::from_millis(100), starting).await.is_err());
    bridge.programs.end().await;
    assert!(!bridge.log().contains("reason"), "{}", bridge.log());
}

#[tokio::test]
async fn a_line_of_more_than_four_mebibytes_ends_the_session() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let group = session.process().await;
    let largest = 4 * 1024 * 1024 - 100;
    let long = messages(session.call("long", json!({ "count": largest })).await.unwrap()).await;
    assert_eq!(long[0]["result"].as_str().unwrap().len(), largest);
    let failed = session.call("long", json!({ "count": largest + 200 })).await.map(|_| ()).unwrap_err();
    assert!(failed.to_string().contains("longer than 4194304 bytes"), "{failed}");
    gone(group).await;
}

#[tokio::test]
async fn of_requests_without_an_answer_256_are_in_flight() {
    let bridge: &Bridge = Box::leak(Box::new(Bridge::to(&[])));
    let session = bridge.session(ALICE).await;
    let mut calls = tokio::task::JoinSet::new();
    let mut count = 0;
    while !matches!(session.call("echo", json!({})).await, Err(Failed::Busy(_))) {
        let id = session.id.clone();
        calls.spawn(async move {
            let body = crate::bridge::request(1, "hold", json!({}));
            bridge.send(ALICE, Method::POST, &[("mcp-session-id", &id)], &body).await.is_ok()
        });
        tokio::task::yield_now().await;
        count += 1;
    }
    assert_eq!(count, 256);
    // Clients that went away make room.
    calls.shutdown().await;
    session.process().await;
}
