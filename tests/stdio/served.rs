//! The whole local server with a program behind its gateway, and Doorward's own client.

use crate::processes::{gone, members};
use doorward_local::client::{self, Person};
use doorward_local::log::Log;
use doorward_local::serve::{Listening, shutdown::Stage};
use doorward_settings::{AUTH_PORT, MCP_PORT, UPSTREAM_COMMAND, UPSTREAM_ENV, USER, Values};
use std::fs;
use tokio::sync::watch;

#[tokio::test]
async fn a_client_signs_in_and_uses_a_program_which_ends_with_the_server() {
    let folder = std::env::temp_dir().join(format!("doorward stdio {}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("process");
    // The shell notes its number, which is that of the group.
    let program = env!("CARGO_BIN_EXE_stdio-server");
    let command = format!(r#"sh -c 'echo "$$ $DOORWARD_PERSON" >>"$FILE"; {program} --stubborn; exit 0'"#);
    let variable = format!("FILE={}", file.display());
    let settings = Values::of([
        (&AUTH_PORT, "0"),
        (&MCP_PORT, "0"),
        (&USER, "alice:open sesame"),
        (&UPSTREAM_COMMAND, command.as_str()),
        (&UPSTREAM_ENV, variable.as_str()),
    ]);
    let listening = Listening::start(&settings, Log::to(std::io::sink())).await.unwrap();
    let (resource, shown) = listening.gateways[0].clone();
    assert_eq!((listening.warnings.len(), shown.as_str()), (1, "sh"), "{:?}", listening.warnings);
    let (stage, serving) = watch::channel(Stage::Serving);
    let serving = tokio::spawn(listening.run_until(serving));
    let person = Person::Scripted { username: "alice".into(), password: "open sesame".into() };
    let mut told = Vec::new();
    client::run(resource.as_str(), person, &mut told).await.unwrap();
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("tools/list: "), "{told}");
    let noted = fs::read_to_string(&file).unwrap();
    fs::remove_dir_all(folder).unwrap();
    let groups: Vec<u64> =
        noted.lines().map(|line| line.strip_suffix(" alice").unwrap().parse().unwrap()).collect();
    assert_eq!(groups.len(), 2, "one session with each of the client's two tokens: {noted}");
    stage.send(Stage::Ended).unwrap();
    assert_eq!(serving.await.unwrap(), doorward_local::serve::Ended::Stopped);
    for group in groups {
        assert_eq!(members(group), Vec::<u64>::new());
        gone(group).await;
    }
}
