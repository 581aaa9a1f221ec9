//! A server that takes a command and gives no answer.

use super::running;
use serde_json::json;
use tokio::net::UnixListener;

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_ends_the_command_with_a_sentence() {
    let folder = std::env::temp_dir().join(format!("doorward-way-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let _stopped = UnixListener::bind(folder.join("admin.sock")).unwrap();
    let stream = running::connect(&folder).await.ok().unwrap();
    let refused = running::ask(&folder, stream, &json!({ "command": "list-people" })).await.unwrap_err();
    let sentence = "the server does not answer within 60 s; is it stopped (SIGSTOP) or busy? See whether the change was made";
    assert!(refused.0.contains(sentence), "{refused}");
    std::fs::remove_dir_all(folder).unwrap();
}
