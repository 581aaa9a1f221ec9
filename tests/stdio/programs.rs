//! What a program gets from this server, and what the operator hears of it.

use crate::bridge::{Bridge, Failed, initialize};
use http::Method;
use serde_json::json;
use std::collections::BTreeSet;

const ALICE: (&str, &str) = ("alice", "app");

#[tokio::test]
async fn the_environment_has_what_is_configured_the_user_and_nothing_else() {
    let file = std::env::temp_dir().join(format!("doorward-stdio-{}", std::process::id()));
    std::fs::write(&file, "from a file\n").unwrap();
    let (at_file, program) = (format!("@{}", file.display()), env!("CARGO_BIN_EXE_stdio-server"));
    let bridge =
        Bridge::running([program], &[("KEY", "a=b c"), ("TOKEN", &at_file), ("LANG", "de"), ("MAIL", "@b")]);
    let environment = bridge.session(ALICE).await.result("environment", json!({})).await;
    let names: BTreeSet<_> = environment.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = BTreeSet::from(["DOORWARD_PERSON", "KEY", "LANG", "MAIL", "PATH", "TOKEN"]);
    expected.extend(std::env::var_os("HOME").map(|_| "HOME"));
    assert_eq!(names, expected);
    for (name, value) in [
        ("KEY", "a=b c"),
        ("TOKEN", "from a file"),
        ("LANG", "de"),
        ("MAIL", "@b"),
        ("DOORWARD_PERSON", "alice"),
    ] {
        assert_eq!(environment[name], value, "{name}");
    }
    // The file is read at each start.
    std::fs::write(&file, "new").unwrap();
    assert_eq!(bridge.session(ALICE).await.result("environment", json!({})).await["TOKEN"], "new");
    std::fs::remove_file(&file).unwrap();
    let failed = bridge.send(("bob", "app"), Method::POST, &[], &initialize()).await.map(|_| ()).unwrap_err();
    assert!(matches!(&failed, Failed::Unreachable(why) if why.contains("the value of TOKEN")), "{failed}");
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_named() {
    let bridge = Bridge::running(["/nowhere/server", "--key=secret"], &[]);
    assert!(!bridge.stdio.is_there());
    let failed = bridge.send(ALICE, Method::POST, &[], &initialize()).await.map(|_| ()).unwrap_err();
    assert!(
        matches!(&failed, Failed::Unreachable(why) if why.starts_with("/nowhere/server cannot be started")),
        "{failed}"
    );
    assert!(!failed.to_string().contains("secret"));
    assert!(Bridge::running(["sh"], &[]).stdio.is_there() && Bridge::to(&[]).stdio.is_there());
}

#[tokio::test]
async fn the_log_has_lines_of_standard_error_shortened_and_with_the_resource() {
    let bridge = Bridge::to(&["--noisy"]);
    bridge.session(ALICE).await;
    bridge.logs("xxx").await;
    let log = bridge.log();
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(
        lines[0].ends_with(r#" info program resource=http://127.0.0.1:8000/mcp stderr="started""#),
        "{log}"
    );
    assert!(lines[1].contains("xxx…") && lines[1].len() < 600, "{log}");
}

#[tokio::test]
async fn lines_that_are_no_messages_are_reported_and_hurt_no_request() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    assert_eq!(session.result("garbage", json!({})).await, json!({}));
    let log = bridge.log();
    let reported = log.matches("a line on standard output is no message: ");
    assert_eq!(reported.count(), 4, "{log}");
    for _ in 0..4 {
        session.result("garbage", json!({})).await;
    }
    let log = bridge.log();
    assert_eq!(log.lines().count(), 11, "{log}");
    assert!(log.contains("further lines that are no messages are not reported"), "{log}");
}
