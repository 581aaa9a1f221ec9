//! The conversation at the socket, over a pipe in memory and a paused clock, and the socket's file.

use super::*;
use crate::admin::keys::RootKeys;
use doorward::operator::Operator;
use doorward::store::Stores;
use doorward_passwords::Argon2id;
use doorward_signing::{SystemClock, SystemEntropy};
use doorward_sqlite::SqliteStore;
use serde_json::Value;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::duplex;
use tokio::time::Instant;

fn executor() -> Executor {
    let store = Arc::new(SqliteStore::temporary().unwrap());
    let keys = RootKeys::new("/no/such".into(), "/no/such/secret".into(), store.clone(), None);
    let (entropy, clock) = (Arc::new(SystemEntropy), Arc::new(SystemClock));
    let passwords = Arc::new(Argon2id::new(1, entropy.clone()));
    Executor::new(keys, |keys| Operator { stores: Stores::of(store), passwords, clock, entropy, keys })
}

/// Sends these bytes as the user 7, and returns the answer.
async fn answer(sent: &[u8], refused: Option<String>) -> Value {
    let (mut ours, theirs) = duplex(256 * 1024);
    ours.write_all(sent).await.unwrap();
    let (executor, log) = (executor(), Log::to(io::sink()));
    Caller { executor: &executor, log: &log, uid: 7 }.serve(theirs, refused).await;
    let mut text = String::new();
    ours.read_to_string(&mut text).await.unwrap();
    assert!(text.ends_with('\n') && text.lines().count() == 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_line_of_json_is_answered_with_a_line_of_json() {
    let people = answer(b"{\"command\":\"list-people\"}\n", None).await;
    assert_eq!(people["people"], serde_json::json!([]));
    // What follows the line is not read.
    let people = answer(b"{\"command\":\"list-people\"}\n{\"command\":\"add-person\"", None).await;
    assert!(people["errorType"].is_null(), "{people}");
}

#[tokio::test]
async fn what_is_no_command_is_refused_with_a_sentence() {
    let long = [vec![b' '; LONGEST - 1], vec![b'\n']].concat();
    let longer = vec![b' '; LONGEST + 1];
    for (sent, kind, why) in [
        (&b"nonsense\n"[..], "NoCommand", "no JSON"),
        (&b"\n"[..], "NoCommand", "no JSON"),
        (&b"[]\n"[..], "NoCommand", "a JSON object"),
        (&b"{\"command\":\"delete-everything\"}\n"[..], "NoCommand", "add-person"),
        (&b"{\"command\":\"sign-out\",\"name\":\"bob\"}\n"[..], "CommandRefused", "there is no user"),
        (&b"{\"command\":\"list-keys\"}\n"[..], "KeysRefused", "/no/such/secret is missing"),
        (&long, "NoCommand", "no JSON"),
        (&longer, "NoCommand", "longer than 64 KiB"),
    ] {
        let refused = answer(sent, None).await;
        assert_eq!(refused["errorType"], kind, "{refused}");
        assert!(refused["errorMessage"].as_str().unwrap().contains(why), "{refused}");
    }
}

#[tokio::test]
async fn a_command_without_its_end_is_not_executed() {
    let (ours, theirs) = duplex(1024);
    let (mut reader, mut writer) = tokio::io::split(ours);
    let (executor, log) = (executor(), Log::to(io::sink()));
    writer.write_all(b"{\"command\":\"add-person\",\"name\":\"alice\"}").await.unwrap();
    writer.shutdown().await.unwrap();
    Caller { executor: &executor, log: &log, uid: 7 }.serve(theirs, None).await;
    let mut text = String::new();
    reader.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("no end of line"), "{text}");
    let people = executor.execute(serde_json::json!({ "command": "list-people" }), None).await.answer;
    assert_eq!(people["people"], serde_json::json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_slow_caller_is_refused_after_ten_seconds() {
    let (ours, theirs) = duplex(1024);
    let (mut reader, mut writer) = tokio::io::split(ours);
    let (executor, log) = (executor(), Log::to(io::sink()));
    let begun = Instant::now();
    let sending = tokio::spawn(async move {
        while writer.write_all(b" ").await.is_ok() {
            sleep(Duration::from_secs(3)).await;
        }
    });
    Caller { executor: &executor, log: &log, uid: 7 }.serve(theirs, None).await;
    let mut text = String::new();
    reader.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("did not arrive within 10 s"), "{text}");
    assert_eq!(begun.elapsed().as_secs(), 10);
    sending.await.unwrap();
}

#[tokio::test]
async fn another_user_is_refused_before_the_command_is_read() {
    let command = b"{\"command\":\"add-person\",\"name\":\"alice\"}\n";
    let refused = answer(command, refusal(7, 8)).await;
    let sentence =
        "the user 7 may not use operators' commands: only the user 8, who owns the folder, and root may";
    assert_eq!((&refused["errorType"], &refused["errorMessage"]), (&"NotAllowed".into(), &sentence.into()));
    assert_eq!((refusal(8, 8), refusal(0, 8)), (None, None));
}

fn folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("doorward-socket-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    fs::create_dir(&folder).unwrap();
    folder
}

#[tokio::test]
async fn the_socket_is_for_its_owner_and_replaces_one_of_a_process_that_has_ended() {
    let folder = folder();
    // A process that was killed leaves both names behind.
    drop(std::os::unix::net::UnixListener::bind(path(&folder)).unwrap());
    drop(std::os::unix::net::UnixListener::bind(folder.join("admin.new")).unwrap());
    assert!(UnixStream::connect(path(&folder)).await.is_err());
    let socket = Socket::bind(&folder).unwrap();
    assert_eq!(fs::metadata(path(&folder)).unwrap().mode() & 0o777, 0o600);
    assert!(UnixStream::connect(path(&folder)).await.is_ok());
    drop(socket);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    fs::remove_dir(&folder).unwrap();
}

#[tokio::test]
async fn a_path_that_is_too_long_for_a_socket_is_told() {
    let folder = folder();
    let long = folder.join("x".repeat(108 - "/admin.sock".len() - folder.as_os_str().len() - 1));
    assert_eq!((path(&long).as_os_str().len(), too_long(&path(&long)).is_some()), (108, true));
    let fits = folder.join("x".repeat(107 - "/admin.sock".len() - folder.as_os_str().len() - 1));
    fs::create_dir(&fits).unwrap();
    assert!(Socket::bind(&fits).is_ok());
    let sentence = Socket::bind(&long).err().unwrap().0;
    assert!(sentence.contains("has 108 bytes") && sentence.contains("a shorter path"), "{sentence}");
    fs::remove_dir_all(&folder).unwrap();
}
