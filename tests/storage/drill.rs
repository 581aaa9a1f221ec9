//! A restore drill: a backup, a disk that is lost, a restore, and what each client and session finds then.

use crate::folder::Folder;
use doorward::ports::{Clock, Timestamp};
use doorward::protocol::paths;
use doorward::store::{MemoryStore, Stores};
use doorward_sqlite::{Backup, Restore, SqliteStore};
use harness::client::Tokens;
use harness::test_server::{NAME, PASSWORD, TestServer, json, text};
use harness::{Client, Person};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A server with its store in a folder, in which its backup is too.
struct Host {
    server: TestServer,
    folder: Folder,
}

impl Host {
    async fn new(name: &str) -> Self {
        let host = Self { server: TestServer::new().await, folder: Folder::new(name) }.start();
        host.server.introduce(NAME, PASSWORD).await;
        host
    }

    fn start(self) -> Self {
        let store = SqliteStore::open(&self.folder.at("data"), self.server.clock.clone()).unwrap();
        Self { server: self.server.with_stores(|_| Stores::of(Arc::new(store))), ..self }
    }

    fn back_up(&self) {
        let (folder, to) = (&*self.folder.at("data"), &*self.folder.at("backup"));
        Backup { folder, to, replace: false }.make(self.now()).unwrap();
    }

    /// The process ends, its disk is lost, and the backup is restored on another.
    fn lose_and_restore(self, close_grants: bool) -> Self {
        let server = self.server.with_stores(|_| Stores::of(Arc::new(MemoryStore::default())));
        let host = Self { server, ..self };
        let data = host.folder.at("data");
        fs::remove_dir_all(&data).unwrap();
        let (from, secret) = (&*host.folder.at("backup"), Path::new("secret"));
        Restore { folder: &data, from, secret, fingerprints: &[], close_grants, other_secret: false }
            .make(host.now())
            .unwrap();
        host.start()
    }

    fn now(&self) -> Timestamp {
        self.server.clock.now()
    }

    /// The tokens of a refresh, or the error code.
    async fn refresh(&self, client: &Client, tokens: &Tokens) -> Result<Tokens, String> {
        let answer = self.server.send(client.refreshes(&tokens.refresh)).await;
        match answer.status().as_u16() {
            200 => Ok(Tokens::of(&answer)),
            _ => Err(json(&answer)["error"].as_str().unwrap_or_default().to_owned()),
        }
    }
}

fn refused<T>() -> Result<T, String> {
    Err("invalid_grant".to_owned())
}

#[tokio::test]
async fn after_a_restore_the_clients_that_refreshed_since_sign_in_again() {
    let host = Host::new("drill").await;
    let mut alice = Person::alice();
    let [quiet, busy, late] = [
        Client::register(&host.server).await,
        Client::register_at(&host.server, "http://127.0.0.1:7777/busy").await,
        Client::register_at(&host.server, "http://127.0.0.1:7777/late").await,
    ];
    let of_quiet = quiet.obtain_tokens(&host.server, &mut alice).await;
    let of_busy = busy.obtain_tokens(&host.server, &mut alice).await;
    host.back_up();
    host.server.clock.pass(Duration::from_secs(3600));
    let moved = host.refresh(&busy, &of_busy).await.unwrap();
    let of_late = late.obtain_tokens(&host.server, &mut alice).await;
    let host = host.lose_and_restore(false);

    let next = host.refresh(&quiet, &of_quiet).await.unwrap();
    host.refresh(&quiet, &next).await.unwrap();
    assert_eq!(host.refresh(&busy, &moved).await, refused());
    assert_eq!(host.refresh(&late, &of_late).await, refused());
    let again = busy.obtain_tokens(&host.server, &mut Person::alice()).await;
    host.refresh(&busy, &again).await.unwrap();
}

#[tokio::test]
async fn a_refresh_token_that_was_used_since_the_backup_is_good_again_unless_grants_are_closed() {
    for (close_grants, is_good) in [(false, true), (true, false)] {
        let host = Host::new(&format!("used-{close_grants}")).await;
        let client = Client::register(&host.server).await;
        let tokens = client.obtain_tokens(&host.server, &mut Person::alice()).await;
        host.back_up();
        host.refresh(&client, &tokens).await.unwrap();
        let host = host.lose_and_restore(close_grants);
        assert_eq!(host.refresh(&client, &tokens).await.is_ok(), is_good);
    }
}

#[tokio::test]
async fn a_restore_ends_every_session_and_every_code() {
    let host = Host::new("sessions").await;
    let client = Client::register(&host.server).await;
    let mut alice = Person::alice();
    let code = client.obtain_code(&host.server, &mut alice).await;
    assert!(is_signed_in(&host, &mut alice).await);
    host.back_up();
    let host = host.lose_and_restore(false);
    assert!(!is_signed_in(&host, &mut alice).await);
    let answer = host.server.send(client.redeems(&code)).await;
    assert_eq!(json(&answer)["error"], "invalid_grant");
}

/// Whether the server knows the user of this browser.
async fn is_signed_in(host: &Host, browser: &mut Person) -> bool {
    let page = browser.open(&host.server, paths::ACCOUNT).await;
    assert_eq!(page.status(), 200);
    !text(&page).contains("Sign in to see what you have connected")
}
