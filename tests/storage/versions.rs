//! Files of every version of the store: they open, and answer. `tests/storage/versions` has one of each, as the version made
//! it. After a new step of the schema, `DOORWARD_WRITE=1 cargo test -p doorward-tests --test storage versions` writes the
//! file of that version. A file is never written again: it shows what that version wrote.

use crate::folder::Folder;
use doorward::client::Block;
use doorward::ports::{Clock, Timestamp};
use doorward::protocol::{ClientId, DocumentUrl, PersonId};
use doorward::store::{
    Accepted, Added, AttemptKey, AttemptSource, CloseReason, Closed, DocumentCopy, Excuse, Excused, Grant,
    Opened, Reserved, Rotated, Stores,
};
use doorward_sqlite::{Backup, SqliteStore};
use harness::contract::{assertion, client, grant, person};
use rusqlite::Connection;
use std::fs;
use std::path::Path;
use std::sync::Arc;

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/storage/versions");
const HOUR: AttemptKey = AttemptKey { name: 7, from: AttemptSource::KnownBrowser, hour: 3 };

/// A clock by which no record of the files is old.
struct Early;

impl Clock for Early {
    fn now(&self) -> Timestamp {
        Timestamp(2)
    }
}

/// An open grant with a full chain and an excuse, one in doubt, and a closed one. All other kinds of records too.
async fn fill(stores: &Stores) {
    let grants = stores.grants();
    for number in 1..4 {
        assert_eq!(grants.open(grant(number, u64::from(number))).await.unwrap(), Opened::New);
    }
    for head in 0..11 {
        let rotated = grants.rotate(grant(1, 0).id, head, Timestamp(20 + u64::from(head))).await.unwrap();
        assert!(matches!(rotated, Rotated::Next { .. }));
    }
    let excuse = Excuse { head: 11, at: Timestamp(40) };
    assert_eq!(grants.excuse(grant(1, 0).id, excuse, Timestamp(0)).await.unwrap(), Excused::Yes);
    grants.doubt(grant(2, 0).id, Timestamp(50)).await.unwrap();
    assert_eq!(
        grants.close(grant(3, 0).id, Timestamp(60), CloseReason::SignedOut).await.unwrap(),
        Closed::Now
    );
    for (name, mark) in [("alice", 2), ("Zoë", 3), ("bob", 1)] {
        assert_eq!(stores.people().add(person(name, mark)).await.unwrap(), Added::New);
    }
    for mark in 1..5 {
        assert_eq!(stores.clients().add(client(&format!("client {mark}"), mark)).await.unwrap(), Added::New);
    }
    stores.blocks().set(&block(), true).await.unwrap();
    stores.document_copies().keep(&url(), copy()).await.unwrap();
    assert_eq!(stores.assertions().accept(assertion("one")).await.unwrap(), Accepted::Now);
    assert_eq!(stores.attempts().reserve(HOUR, 5).await.unwrap(), Reserved::Yes);
    fill_second(stores).await;
}

/// What only files of version 2 or newer can have.
async fn fill_second(stores: &Stores) {
    assert_eq!(stores.grants().open(grant(4, 15)).await.unwrap(), Opened::New);
    assert_eq!(stores.people().add(person("erin", 4)).await.unwrap(), Added::New);
}

fn block() -> Block {
    Block::parse("redirect-host:a.example").unwrap()
}

fn url() -> DocumentUrl {
    DocumentUrl::parse("https://a.example/client").unwrap()
}

fn copy() -> DocumentCopy {
    DocumentCopy { json: "{}".into(), kept_at: Timestamp(70) }
}

/// Every record that a store answers with.
async fn answers(stores: &Stores) -> Vec<String> {
    let mut all = Vec::new();
    for number in 1..6 {
        all.push(format!("{:?}", stores.grants().find(grant(number, 0).id).await.unwrap()));
    }
    let listed: Vec<Grant> = stores.grants().list_of(&grant(1, 0).subject, None).await.unwrap();
    all.push(format!("{listed:?}"));
    all.push(format!("{:?}", stores.people().list(None).await.unwrap()));
    all.push(format!("{:?}", stores.people().find(&PersonId::parse("Zoë").unwrap()).await.unwrap()));
    all.push(format!("{:?}", stores.clients().list(None).await.unwrap()));
    all.push(format!("{:?}", stores.clients().find(&ClientId("client 3".into())).await.unwrap()));
    all.push(format!("{:?}", stores.blocks().read().await.unwrap()));
    all.push(format!("{:?}", stores.document_copies().find(&url()).await.unwrap()));
    all.push(format!("{:?}", stores.attempts().read(HOUR).await.unwrap()));
    all
}

fn open(folder: &Folder) -> Stores {
    Stores::of(Arc::new(SqliteStore::open(folder.path(), Arc::new(Early)).unwrap()))
}

fn version(folder: &Folder) -> u32 {
    let file = Connection::open(folder.at("doorward.db")).unwrap();
    file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

/// Makes the file of this version: a backup, with small pages so that it is small.
fn write(folder: &Folder, file: &Path) {
    Backup { folder: folder.path(), to: file, replace: false }.make(Timestamp(2)).unwrap();
    let made = Connection::open(file).unwrap();
    made.execute_batch("PRAGMA page_size = 512; VACUUM").unwrap();
}

#[tokio::test]
async fn a_file_of_each_version_opens_and_answers() {
    let now = Folder::new("version");
    let stores = open(&now);
    fill(&stores).await;
    let expected = answers(&stores).await;
    drop(stores);
    let newest = version(&now);
    let file = |version| Path::new(FILES).join(format!("{version}.db"));
    if std::env::var_os("DOORWARD_WRITE").is_some() && !file(newest).exists() {
        write(&now, &file(newest));
    }
    for number in 1..=newest {
        let folder = Folder::new(&format!("version-{number}"));
        fs::copy(file(number), folder.at("doorward.db")).unwrap();
        assert_eq!(version(&folder), number);
        let stores = open(&folder);
        if number < 2 {
            fill_second(&stores).await;
        }
        assert_eq!(answers(&stores).await, expected, "version {number}");
        assert_eq!(version(&folder), newest);
        still_holds(&stores).await;
    }
}

/// What was spent stays spent, and what was open goes on.
async fn still_holds(stores: &Stores) {
    let grants = stores.grants();
    let opened = grants.open(grant(3, 9)).await.unwrap();
    assert!(matches!(opened, Opened::Already(_)), "{opened:?}");
    let rotated = grants.rotate(grant(3, 0).id, 0, Timestamp(80)).await.unwrap();
    assert_eq!(rotated, Rotated::Closed);
    let behind = grants.rotate(grant(1, 0).id, 10, Timestamp(80)).await.unwrap();
    assert!(matches!(behind, Rotated::Behind { .. }), "{behind:?}");
    let next = grants.rotate(grant(1, 0).id, 11, Timestamp(80)).await.unwrap();
    assert!(matches!(next, Rotated::Next { .. }), "{next:?}");
    assert_eq!(stores.assertions().accept(assertion("one")).await.unwrap(), Accepted::Already);
}
