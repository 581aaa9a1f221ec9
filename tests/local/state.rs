//! What a server keeps in its folder across restarts, and the folders that it refuses.

use super::{FREE_PORTS, connect};
use doorward::ports::Password;
use doorward::protocol::PersonId;
use doorward::store::Login;
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_local::state::{Host, StateFolder};
use doorward_settings::{
    DATA_DIR, IN_MEMORY, ONLY, SECRET_FILE, Setting, TUTORIAL, USER, USER_EMAIL, Values,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is deleted with this value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("doorward-state-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    fn host(&self, is_terminal: bool) -> Host {
        Host { state: Some(StateFolder::at(&self.0)), is_terminal, ..Host::default() }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn values(settings: &[(&Setting, &str)]) -> Values {
    Values::of(FREE_PORTS.into_iter().chain(settings.iter().copied()))
}

async fn start(host: &Host, settings: &[(&Setting, &str)]) -> Result<Listening, String> {
    let started = Listening::start_on(host, &values(settings), Log::to(std::io::sink())).await;
    started.map_err(|failure| failure.to_string())
}

async fn verifies(listening: &Listening, name: &str, password: &str) -> bool {
    let server = listening.server().unwrap();
    let person = server.stores.people().find(&PersonId::parse(name).unwrap()).await.unwrap().unwrap();
    let Login::Password(hash) = person.login else { panic!("{name} has no password") };
    server.passwords.verify(&Password::new(password), Some(&hash)).await
}

/// Writes a file that only its owner can read.
fn write_private(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn a_restart_keeps_users_grants_and_keys() {
    let folder = Folder::new();
    let settings = [(&DATA_DIR, folder.0.to_str().unwrap()), (&USER, "alice:open sesame")];
    connect(&values(&settings), Log::to(std::io::sink()), "alice", "open sesame").await.unwrap();
    let again = start(&folder.host(false), &[]).await.unwrap();
    assert!(again.warnings.is_empty() && again.generated_user.is_none(), "{:?}", again.warnings);
    assert!(verifies(&again, "alice", "open sesame").await);
    let grants = again.server().unwrap().stores.grants();
    let alice = PersonId::parse("alice").unwrap().into();
    assert_eq!(grants.list_of(&alice, None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_password_of_the_settings_wins_over_one_that_was_set() {
    let folder = Folder::new();
    let settings = |user| [(&DATA_DIR, folder.0.to_str().unwrap().to_owned()), (&USER, user)];
    for user in ["alice:first word", "alice:second word"] {
        let settings = settings(user.to_owned());
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let password = user.split_once(':').unwrap().1;
        connect(&values(&settings), Log::to(std::io::sink()), "alice", password).await.unwrap();
    }
    let now = start(&folder.host(false), &[]).await.unwrap();
    assert!(verifies(&now, "alice", "second word").await && !verifies(&now, "alice", "first word").await);
}

/// Without the setting, the address of an operator's command stays.
#[tokio::test]
async fn an_address_of_the_settings_wins_over_one_that_was_set() {
    let folder = Folder::new();
    let alice = PersonId::parse("alice").unwrap();
    for (setting, expected) in [
        (Some("alice=first@acme.example"), "first@acme.example"),
        (Some("alice=second@acme.example"), "second@acme.example"),
        (None, "second@acme.example"),
    ] {
        let user = (&USER, "alice:open sesame");
        let folder_of = (&DATA_DIR, folder.0.to_str().unwrap());
        let email = setting.map(|email| (&USER_EMAIL, email));
        let settings: Vec<_> = [user, folder_of].into_iter().chain(email).collect();
        connect(&values(&settings), Log::to(std::io::sink()), "alice", "open sesame").await.unwrap();
        let now = start(&folder.host(false), &[]).await.unwrap();
        let person = now.server().unwrap().stores.people().find(&alice).await.unwrap().unwrap();
        assert_eq!(person.email.unwrap().as_str(), expected);
        assert!(verifies(&now, "alice", "open sesame").await);
    }
}

#[tokio::test]
async fn a_password_is_generated_for_a_terminal_only_and_is_in_the_store_before_it_is_shown() {
    let folder = Folder::new();
    let silent = start(&folder.host(false), &[]).await.unwrap();
    assert!(silent.generated_user.is_none());
    assert!(silent.warnings.iter().any(|warning| warning.contains("doorward admin add-person")));
    drop(silent);
    let shown = start(&folder.host(true), &[]).await.unwrap();
    let password = shown.generated_user.as_ref().unwrap().password.clone();
    drop(shown);
    let again = start(&folder.host(true), &[]).await.unwrap();
    assert!(again.generated_user.is_none() && again.warnings.is_empty());
    assert!(verifies(&again, "me", &password).await);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_no_matter_in_memory() {
    let file = Folder::new();
    std::fs::write(&file.0, "").unwrap();
    let below = StateFolder::at(file.0.join("doorward"));
    let host = Host { state: Some(below), ..Host::default() };
    let refused = start(&host, &[]).await.map(drop).unwrap_err();
    assert!(refused.ends_with("; --in-memory needs no folder"), "{refused}");
    let given = file.0.join("given");
    let refused = start(&host, &[(&DATA_DIR, given.to_str().unwrap())]).await.map(drop).unwrap_err();
    assert!(!refused.contains("--in-memory"), "{refused}");
    std::fs::remove_file(&file.0).unwrap();
}

#[tokio::test]
async fn a_damaged_page_is_told_with_the_folder_and_the_cure() {
    let folder = Folder::new();
    let path = folder.0.to_str().unwrap();
    start(&folder.host(false), &[(&USER, "alice:open sesame")]).await.unwrap();
    let database = folder.0.join("doorward.db");
    let sound = std::fs::read(&database).unwrap();
    let mut told = std::collections::BTreeSet::new();
    for page in 1..sound.len() / 4096 {
        let mut damaged = sound.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(7);
        std::fs::write(&database, damaged).unwrap();
        let Err(sentence) = start(&folder.host(false), &[]).await.map(drop) else { continue };
        assert!(sentence.starts_with(&format!("--data-dir {path}: ")), "{sentence}");
        assert!(sentence.ends_with("run `doorward restore FILE` with a backup"), "{sentence}");
        told.insert(sentence.contains("adding a first user"));
    }
    assert_eq!(told.len(), 2, "the table of users, and another");
}

#[tokio::test]
async fn in_memory_nothing_is_written() {
    let folder = Folder::new();
    for setting in [&IN_MEMORY, &TUTORIAL] {
        let listening = start(&folder.host(false), &[(setting, "true")]).await.unwrap();
        assert!(listening.warnings.is_empty() && !folder.0.exists(), "{}", setting.name);
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_refused() {
    let folder = Folder::new();
    let path = folder.0.to_str().unwrap();
    let refused = async |settings: &[(&Setting, &str)]| {
        start(&folder.host(false), settings).await.map(drop).unwrap_err()
    };
    for (settings, says) in [
        (
            &[(&DATA_DIR, path), (&IN_MEMORY, "true")][..],
            "--in-memory: cannot be combined with the setting data-dir",
        ),
        (&[(&DATA_DIR, path), (&ONLY, "mcp")], "--data-dir: cannot be combined with the setting only"),
    ] {
        assert_eq!(refused(settings).await, says);
    }
    let running = start(&folder.host(false), &[]).await.unwrap();
    let second = refused(&[]).await;
    assert!(second.contains(&format!("is in use by process {}", std::process::id())), "{second}");
    assert!(!second.contains("--in-memory"), "{second}");
    drop(running);
    let secret = Path::new(path).join("secret");
    let other = format!("{}\n", "A".repeat(43));
    let own = std::fs::read_to_string(&secret).unwrap();
    write_private(&secret, &other);
    assert!(refused(&[]).await.contains("holds other secrets than the one that this store belongs to"));
    write_private(&secret, "garbage");
    assert!(
        refused(&[])
            .await
            .contains("on every line; put back the secret file of this store, or run `doorward admin")
    );
    std::fs::remove_file(&secret).unwrap();
    let missing = refused(&[]).await;
    assert!(
        missing.contains("is missing") && missing.contains("run doorward admin new-secret --yes"),
        "{missing}"
    );
    assert!(!secret.exists(), "no new secret is made beside an old store");
    // After a key rotation the older secret is on a later line. Then it may go.
    for text in [format!("{other}{own}"), other] {
        write_private(&secret, &text);
        start(&folder.host(false), &[]).await.unwrap();
    }
    let database = Path::new(path).join("doorward.db");
    let kept = std::fs::read(&database).unwrap();
    for lost in [Some(b""), None] {
        match lost {
            Some(empty) => std::fs::write(&database, empty).unwrap(),
            None => std::fs::remove_file(&database).unwrap(),
        }
        let sentence = refused(&[]).await;
        assert!(sentence.contains("run `doorward restore FILE` with a backup"), "{sentence}");
        assert!(sentence.ends_with("/lock to begin anew"), "{sentence}");
    }
    std::fs::write(&database, kept).unwrap();
    let elsewhere = Folder::new();
    std::fs::create_dir(&elsewhere.0).unwrap();
    let moved = elsewhere.0.join("moved");
    std::fs::rename(&secret, &moved).unwrap();
    start(&folder.host(false), &[(&SECRET_FILE, moved.to_str().unwrap())]).await.unwrap();
}
