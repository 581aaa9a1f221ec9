//! The end of the process: running requests are answered, streams are cut at the deadline.

use super::pipes::{Running, SLOW};
use doorward_local::serve::listener::Limits;
use doorward_local::serve::shutdown::{Stage, on_signals};
use std::process::Command;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_running_request_is_answered_and_no_other_is_accepted() {
    let running = Running::new(Limits::default());
    let mut idle = running.connect();
    assert_eq!(idle.get("/").await, 200);
    let mut slow = running.connect();
    slow.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    // The request has begun.
    tokio::time::sleep(Duration::from_secs(1)).await;
    running.stage.send(Stage::Draining).unwrap();
    assert_eq!(idle.stays_open().await, 0);
    assert!(!running.accepts());
    assert_eq!(slow.status().await, 200);
    let ended = Instant::now();
    running.serving.await.unwrap();
    assert_eq!(ended.elapsed(), Duration::ZERO, "nothing is waited for");
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_cut_at_the_deadline() {
    let running = Running::new(Limits::default());
    let mut stream = running.connect();
    assert_eq!(stream.get("/stream").await, 200);
    running.stage.send(Stage::Draining).unwrap();
    tokio::time::sleep(SLOW).await;
    assert!(!running.serving.is_finished());
    running.stage.send(Stage::Ended).unwrap();
    running.serving.await.unwrap();
    assert_eq!(stream.stays_open().await, 0);
}

#[cfg(unix)]
#[tokio::test]
async fn the_first_signal_drains_and_the_second_ends() {
    let mut stage = on_signals(Duration::from_secs(3600)).unwrap();
    assert_eq!(*stage.borrow(), Stage::Serving);
    let mut short = on_signals(Duration::from_millis(1)).unwrap();
    let signal = |name: &str| {
        let ours = std::process::id().to_string();
        assert!(Command::new("kill").args([name, &ours]).status().unwrap().success());
    };
    signal("-TERM");
    stage.wait_for(|stage| *stage == Stage::Draining).await.unwrap();
    short.wait_for(|stage| *stage == Stage::Ended).await.unwrap();
    assert_eq!(*stage.borrow(), Stage::Draining);
    signal("-INT");
    stage.wait_for(|stage| *stage == Stage::Ended).await.unwrap();
}
