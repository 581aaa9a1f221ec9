//! How programs end: with all that they have started, and with nothing left behind.

use crate::bridge::{Bridge, Session};
use crate::processes::{gone, group_of, members};
use http::Method;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, advance, pause, resume};

const ALICE: (&str, &str) = ("alice", "app");

/// A shell that handles SIGTERM like this, and runs the test server that ignores the end of its input.
fn with_trap(action: &str) -> Vec<String> {
    let program = env!("CARGO_BIN_EXE_stdio-server");
    vec!["sh".into(), "-c".into(), format!("trap '{action}' TERM; {program} --stubborn; exit 5")]
}

async fn grandchild(session: &Session<'_>) -> u64 {
    let id = session.result("grandchild", json!({})).await["pid"].as_u64().unwrap();
    assert!(group_of(id).is_some());
    id
}

#[tokio::test]
async fn a_program_leads_a_process_group_of_its_own() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let process = session.process().await;
    let grandchild = grandchild(&session).await;
    let mut group = members(process);
    group.sort_unstable();
    assert_eq!((group_of(process), group), (Some(process), vec![process, grandchild]));
}

#[tokio::test]
async fn delete_ends_a_program_and_what_it_started() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let process = session.process().await;
    grandchild(&session).await;
    session.send(Method::DELETE, "").await.unwrap();
    gone(process).await;
}

#[tokio::test]
async fn a_crash_leaves_nothing_behind() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let process = session.process().await;
    grandchild(&session).await;
    // The grandchild holds the output open, so its end does not tell of the crash.
    assert!(session.call("crash", json!({})).await.is_err());
    gone(process).await;
}

#[tokio::test]
async fn a_program_that_ignores_the_end_of_its_input_gets_sigterm_after_a_second() {
    let argv = with_trap("echo it came >&2");
    let bridge = Bridge::running(argv.iter().map(String::as_str), &[]);
    let session = bridge.session(ALICE).await;
    let group = group_of(session.process().await).unwrap();
    let began = Instant::now();
    session.send(Method::DELETE, "").await.unwrap();
    // Nothing else ends it, and what a killed shell would say does not come. The clock runs: it must not overtake the process.
    bridge.logs("it came").await;
    assert!(began.elapsed().as_secs() >= 1, "{:?}", began.elapsed());
    bridge.programs.end().await;
    assert_eq!(members(group), Vec::<u64>::new());
}

#[tokio::test]
async fn a_program_that_ignores_sigterm_is_killed_after_five_more_seconds() {
    let argv = with_trap("");
    let bridge = Bridge::running(argv.iter().map(String::as_str), &[]);
    let session = bridge.session(ALICE).await;
    let group = group_of(session.process().await).unwrap();
    assert_eq!(members(group).len(), 2, "the shell and the server");
    pause();
    let began = Instant::now();
    session.send(Method::DELETE, "").await.unwrap();
    bridge.programs.end().await;
    assert!((6..9).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    gone(group).await;
}

#[tokio::test]
async fn after_ten_idle_minutes_a_program_ends() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let process = session.process().await;
    let stream = session.stream().await;
    pause();
    advance(Duration::from_secs(1200)).await;
    resume();
    assert_eq!(session.process().await, process, "a stream is open");
    drop(stream);
    pause();
    advance(Duration::from_secs(590)).await;
    resume();
    assert_eq!(session.process().await, process, "not yet");
    pause();
    advance(Duration::from_secs(601)).await;
    resume();
    gone(process).await;
    assert_eq!(session.call("echo", json!({})).await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_end_of_the_server_ends_all_programs_and_waits_for_it() {
    let bridge = Bridge::to(&[]);
    let sessions =
        [bridge.session(ALICE).await, bridge.session(ALICE).await, bridge.session(("bob", "app")).await];
    let mut groups = Vec::new();
    for session in &sessions {
        groups.push(session.process().await);
        grandchild(session).await;
    }
    bridge.programs.end().await;
    for group in groups {
        assert_eq!(members(group), Vec::<u64>::new());
    }
    assert_eq!(sessions[0].call("echo", json!({})).await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_server_that_is_dropped_ends_its_programs() {
    let bridge = Bridge::to(&[]);
    let group = bridge.session(ALICE).await.process().await;
    drop(bridge);
    gone(group).await;
}

#[test]
fn a_runtime_that_ends_leaves_nothing_behind() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bridge = Bridge::to(&["--stubborn"]);
    let group = runtime.block_on(async {
        let session = bridge.session(ALICE).await;
        grandchild(&session).await;
        session.process().await
    });
    drop(runtime);
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(gone(group));
}
