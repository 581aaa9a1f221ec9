//! Programs that the tests start: scripts in an installed environment, and the binary `doorward`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A path below `target`.
fn target(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target").join(path)
}

/// A Python script of these tests, in an environment that `tests/clients/install` made.
pub(crate) fn python(environment: &str, script: &str) -> Command {
    let mut command = Command::new(target("clients").join(environment).join("bin/python"));
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script));
    command
}

/// The Node.js that `tests/clients/install` installed, with a script or program below `target`.
pub(crate) fn node(script: &str) -> Command {
    let mut command = Command::new(target("clients/node/node_modules/node/bin/node"));
    command.args(["--preserve-symlinks", "--preserve-symlinks-main"]).arg(target(script));
    command
}

/// `doorward serve`, without settings.
pub(crate) fn doorward() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap().with_file_name("../doorward"));
    command.arg("serve").stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    command
}

/// Starts `doorward`, and reads from its output the URL of the MCP server.
pub(crate) async fn started(doorward: &mut Command) -> (Child, String) {
    let mut process = doorward.spawn().unwrap_or_else(|error| panic!("cargo build: {error}"));
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    loop {
        let line = lines.next_line().await.unwrap().expect("the server prints its URL");
        if let Some(url) = line.strip_prefix("MCP server") {
            return (process, url.trim().to_owned());
        }
    }
}
