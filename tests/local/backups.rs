//! `doorward backup` and `doorward restore`, with a server that runs and one that is stopped.

use super::{FREE_PORTS, connect};
use doorward_local::backup;
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_local::settings::Sources;
use doorward_local::state::{Host, StateFolder};
use doorward_settings::{DATA_DIR, USER, Values};
use std::fs;
use std::path::PathBuf;

/// A folder of a server, and a file for a backup of it.
struct Folder {
    all: PathBuf,
    data: String,
    backup: String,
}

impl Folder {
    fn new(name: &str) -> Self {
        let all = std::env::temp_dir().join(format!("doorward-local-{name}-{}", std::process::id()));
        fs::create_dir_all(&all).unwrap();
        let [data, backup] = ["data", "backup"].map(|name| all.join(name).to_str().unwrap().to_owned());
        Self { all, data, backup }
    }

    /// Runs a whole flow of a client.
    async fn connect(&self) {
        let settings = FREE_PORTS.into_iter().chain([(&DATA_DIR, &*self.data), (&USER, "alice:open sesame")]);
        connect(&Values::of(settings), Log::to(std::io::sink()), "alice", "open sesame").await.unwrap();
    }

    async fn start(&self) -> Result<Listening, String> {
        let host = Host { state: Some(StateFolder::at(&self.data)), is_terminal: false, ..Host::default() };
        let started = Listening::start_on(&host, &Values::of(FREE_PORTS), Log::to(std::io::sink())).await;
        started.map_err(|failure| failure.to_string())
    }

    /// Runs a command on the folder, and returns what it prints.
    fn run(&self, name: &str, arguments: &[&str]) -> Result<String, String> {
        let data = format!("--data-dir={}", self.data);
        run(name, &[arguments, &[&data]].concat(), &Sources::default())
    }

    fn remove(&self, name: &str) -> Vec<u8> {
        let path = PathBuf::from(&self.data).join(name);
        let content = fs::read(&path).unwrap();
        fs::remove_file(path).unwrap();
        content
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.all);
    }
}

fn run(name: &str, arguments: &[&str], sources: &Sources) -> Result<String, String> {
    let command = backup::commands().into_iter().find(|command| command.get_name() == name).unwrap();
    let flags = command.no_binary_name(true).try_get_matches_from(arguments).unwrap();
    let mut told = Vec::new();
    let done = backup::run(name, &flags, sources, &mut told).map_err(|failure| failure.to_string());
    done.map(|()| String::from_utf8(told).unwrap())
}

#[tokio::test]
async fn a_store_is_backed_up_while_its_server_runs_and_restored_when_it_is_stopped() {
    let folder = Folder::new("drill");
    folder.connect().await;
    let running = folder.start().await.unwrap();
    let told = folder.run("backup", &[&folder.backup]).unwrap();
    for line in [
        format!("backup        {}, ", folder.backup),
        "\nusers         1\n".into(),
        "\nopen grants   1\n".into(),
        " ago\n".into(),
        format!("\nnot in it     the root secret; keep a copy of {}/secret elsewhere\n", folder.data),
    ] {
        assert!(told.contains(&line), "{line} {told}");
    }
    let refused = folder.run("restore", &[&folder.backup]).unwrap_err();
    assert!(refused.contains(&format!("is in use by process {}", std::process::id())), "{refused}");
    drop(running);
    folder.connect().await;
    folder.remove("doorward.db");
    let told = folder.run("restore", &[&folder.backup]).unwrap();
    assert!(told.contains("\nusers         1, all signed out\nopen grants   1\n"), "{told}");
    assert!(told.contains("accepted again") && !told.contains("older file"), "{told}");
    folder.connect().await;
    let told = folder.run("restore", &[&folder.backup, "--close-grants"]).unwrap();
    assert!(
        told.contains("\nopen grants   0\n") && told.contains("\nclosed grants 1\nolder file    "),
        "{told}"
    );
    assert!(told.contains("Every client has to sign in again") && !told.contains("accepted again"), "{told}");
    folder.start().await.unwrap();
}

#[tokio::test]
async fn a_backup_is_restored_only_with_its_secret() {
    let folder = Folder::new("secret");
    folder.connect().await;
    folder.run("backup", &[&folder.backup]).unwrap();
    let secret = folder.remove("secret");
    let refused = folder.run("restore", &[&folder.backup]).unwrap_err();
    let named =
        format!("belongs to a root secret that is not in {}/secret; put the secret file", folder.data);
    assert!(refused.contains(&named), "{refused}");
    let elsewhere = folder.all.join("secret");
    fs::write(&elsewhere, &secret).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&elsewhere, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    folder.run("restore", &[&folder.backup, &format!("--secret-file={}", elsewhere.display())]).unwrap();
    assert!(!PathBuf::from(&folder.data).join("secret").exists(), "none is made");
}

#[tokio::test]
async fn a_backup_is_restored_without_its_secret_if_this_is_asked() {
    let folder = Folder::new("other-secret");
    folder.connect().await;
    folder.run("backup", &[&folder.backup]).unwrap();
    folder.remove("secret");
    let told = folder.run("restore", &[&folder.backup, "--other-secret"]).unwrap();
    for line in ["\nusers         1, all signed out\nopen grants   0\n", "\nclosed grants 1\n"] {
        assert!(told.contains(line), "{line} {told}");
    }
    assert!(told.contains("- Every client has to register and sign in again"), "{told}");
    // A new secret is made, and the server starts again with it.
    drop(folder.start().await.unwrap());
    assert!(PathBuf::from(&folder.data).join("secret").exists());
    folder.connect().await;
}

#[test]
fn the_folder_is_that_of_the_settings() {
    let folder = Folder::new("folder");
    let refused = |sources: &Sources| run("backup", &[&folder.backup], sources).unwrap_err();
    assert!(refused(&Sources::default()).contains("give the folder of the server with --data-dir"));
    let environment =
        [("STATE_DIRECTORY", "/nowhere/doorward")].map(|(name, value)| (name.into(), value.into()));
    let sources = Sources { environment: environment.into(), ..Sources::default() };
    assert_eq!(
        refused(&sources),
        "/nowhere/doorward: there is no store; give the folder of the server with --data-dir"
    );
    let file = "data-dir = '/nowhere/else'\nissuer = 'https://auth.example'".parse().unwrap();
    assert!(refused(&Sources { file, ..sources }).starts_with("/nowhere/else: "));
}
