//! Random calls to the store in memory and to a store in a file, which is closed and opened again between some of them: both
//! give the same outcomes, and have the same records at the end.

use doorward::client::Block;
use doorward::ports::{PasswordHash, Timestamp};
use doorward::protocol::{ClientId, DocumentUrl, EmailAddress, PersonId};
use doorward::store::{AttemptKey, AttemptSource, Change, CloseReason, DocumentCopy, Excuse, Grant, Stores};
use doorward_sqlite::SqliteStore;
use harness::contract::{assertion, client, grant, person};
use harness::fakes::TestClock;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const NAMES: [&str; 3] = ["alice", "bob", "Zoë"];
const BLOCKS: [&str; 3] = ["one", "redirect-host:a.example", "document-host:b.example"];
const URLS: [&str; 2] = ["https://a.example/client", "https://b.example/client"];
const REASONS: [CloseReason; 3] = [CloseReason::Revoked, CloseReason::Reuse, CloseReason::CodeReplayed];

/// A call to a store. A number selects one of few records, so that calls meet.
#[derive(Clone, Debug)]
enum Call {
    Open(u8, u64),
    Rotate(u8, u32, u64),
    Excuse(u8, u32, u64, u64),
    Doubt(u8, u64),
    Close(u8, u64, usize),
    AddPerson(usize, u64),
    ChangePerson(usize, usize),
    ReplacePassword(usize, u64),
    AddClient(usize, u64),
    BlockClient(usize, bool),
    RemoveClient(usize),
    SetBlock(usize, bool),
    KeepDocument(usize, u64),
    Accept(usize),
    Reserve(u64, u32),
    GiveBack(u64),
    Reset(u64),
    Reopen,
}

fn call() -> impl Strategy<Value = Call> {
    let (name, id, at) = (0..NAMES.len(), 1..4_u8, 0..100_u64);
    prop_oneof![
        2 => (id.clone(), at.clone()).prop_map(|(id, at)| Call::Open(id, at)),
        12 => (id.clone(), 0..12_u32, at.clone()).prop_map(|(id, head, at)| Call::Rotate(id, head, at)),
        4 => (id.clone(), 0..12_u32, at.clone(), at.clone())
            .prop_map(|(id, head, at, since)| Call::Excuse(id, head, at, since)),
        1 => (id.clone(), at.clone()).prop_map(|(id, at)| Call::Doubt(id, at)),
        1 => (id, at.clone(), 0..REASONS.len()).prop_map(|(id, at, why)| Call::Close(id, at, why)),
        2 => (name.clone(), 1..5_u64).prop_map(|(name, mark)| Call::AddPerson(name, mark)),
        2 => (name.clone(), 0..6_usize).prop_map(|(name, change)| Call::ChangePerson(name, change)),
        2 => (name.clone(), 1..8_u64).prop_map(|(name, epoch)| Call::ReplacePassword(name, epoch)),
        2 => (name.clone(), 1..5_u64).prop_map(|(name, mark)| Call::AddClient(name, mark)),
        1 => (name.clone(), any::<bool>()).prop_map(|(name, blocked)| Call::BlockClient(name, blocked)),
        1 => name.clone().prop_map(Call::RemoveClient),
        2 => (0..BLOCKS.len(), any::<bool>()).prop_map(|(block, blocked)| Call::SetBlock(block, blocked)),
        1 => (0..URLS.len(), at).prop_map(|(url, at)| Call::KeepDocument(url, at)),
        1 => name.prop_map(Call::Accept),
        3 => (0..4_u64, 0..4_u32).prop_map(|(key, limit)| Call::Reserve(key, limit)),
        1 => (0..4_u64).prop_map(Call::GiveBack),
        1 => (0..4_u64).prop_map(Call::Reset),
        1 => Just(Call::Reopen),
    ]
}

/// Two kinds of browsers in two hours that follow each other: the store in memory drops older ones.
fn attempt_key(number: u64) -> AttemptKey {
    let from = [AttemptSource::UnknownBrowser, AttemptSource::KnownBrowser][number as usize % 2];
    AttemptKey { name: 7, from, hour: 100 + number / 2 }
}

fn url(number: usize) -> DocumentUrl {
    DocumentUrl::parse(URLS[number]).unwrap()
}

fn person_id(number: usize) -> PersonId {
    PersonId::parse(NAMES[number]).unwrap()
}

fn client_id(number: usize) -> ClientId {
    client(NAMES[number], 1).id
}

fn shown<T: Debug, E: Debug>(outcome: Result<T, E>) -> String {
    format!("{:?}", outcome.unwrap())
}

async fn outcome(stores: &Stores, call: Call) -> String {
    let (grants, people, clients) = (stores.grants(), stores.people(), stores.clients());
    match call {
        Call::Open(id, at) => shown(grants.open(grant(id, at)).await),
        Call::Rotate(id, head, at) => shown(grants.rotate(grant(id, 0).id, head, Timestamp(at)).await),
        Call::Excuse(id, head, at, since) => {
            let excuse = Excuse { head, at: Timestamp(at) };
            shown(grants.excuse(grant(id, 0).id, excuse, Timestamp(since)).await)
        }
        Call::Doubt(id, at) => shown(grants.doubt(grant(id, 0).id, Timestamp(at)).await),
        Call::Close(id, at, why) => shown(grants.close(grant(id, 0).id, Timestamp(at), REASONS[why]).await),
        Call::AddPerson(name, mark) => shown(people.add(person(NAMES[name], mark)).await),
        Call::ChangePerson(name, change) => {
            let password = Change::Password(PasswordHash::new("another"));
            let address = Change::Email(EmailAddress::parse("b@acme.example"));
            let (removed, ended) = (Change::Email(None), Change::SignOut);
            let change = [password, Change::Disable, Change::Enable, ended, address, removed][change].clone();
            shown(people.change(&person_id(name), change).await)
        }
        Call::ReplacePassword(name, epoch) => {
            let hash = PasswordHash::new(format!("hash at {epoch}"));
            shown(people.replace_password(&person_id(name), epoch, hash).await)
        }
        Call::AddClient(name, mark) => shown(clients.add(client(NAMES[name], mark)).await),
        Call::BlockClient(name, blocked) => shown(clients.block(&client_id(name), blocked).await),
        Call::RemoveClient(name) => shown(clients.remove(&client_id(name)).await),
        Call::SetBlock(block, blocked) => {
            shown(stores.blocks().set(&Block::parse(BLOCKS[block]).unwrap(), blocked).await)
        }
        Call::KeepDocument(number, at) => {
            let copy = DocumentCopy { json: format!("{{{at}}}").into(), kept_at: Timestamp(at) };
            shown(stores.document_copies().keep(&url(number), copy).await)
        }
        Call::Accept(name) => shown(stores.assertions().accept(assertion(NAMES[name])).await),
        Call::Reserve(key, limit) => shown(stores.attempts().reserve(attempt_key(key), limit).await),
        Call::GiveBack(key) => shown(stores.attempts().give_back(attempt_key(key)).await),
        Call::Reset(key) => shown(stores.attempts().reset(attempt_key(key)).await),
        Call::Reopen => String::new(),
    }
}

/// All records.
async fn everything(stores: &Stores) -> Vec<String> {
    let subject = grant(1, 0).subject;
    let mut grants: Vec<Grant> = stores.grants().list_of(&subject, None).await.unwrap();
    grants.sort_by_key(|grant| grant.id);
    let mut all = vec![
        format!("{grants:?}"),
        shown(stores.people().list(None).await),
        shown(stores.clients().list(None).await),
        shown(stores.blocks().read().await),
    ];
    for id in 1..4 {
        all.push(shown(stores.grants().find(grant(id, 0).id).await));
    }
    for number in 0..URLS.len() {
        all.push(shown(stores.document_copies().find(&url(number)).await));
    }
    for number in 0..NAMES.len() {
        let keys = [attempt_key(number as u64), attempt_key(number as u64 + 1)];
        all.push(shown(stores.sign_ins().find(&person_id(number), keys).await));
        all.push(shown(stores.people().find(&person_id(number)).await));
        all.push(shown(stores.clients().find(&client_id(number)).await));
    }
    all
}

fn open(folder: &Path) -> Stores {
    Stores::of(Arc::new(SqliteStore::open(folder, Arc::new(TestClock::new())).unwrap()))
}

#[test]
fn random_calls_have_the_same_outcomes_in_memory_and_in_a_file() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("random-calls");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let tested = runner.run(&prop::collection::vec(call(), 1..60), |calls| {
        let _ = std::fs::remove_dir_all(&folder);
        let (memory, mut file) = (Stores::in_memory(), open(&folder));
        for call in calls {
            if matches!(call, Call::Reopen) {
                drop(file);
                file = open(&folder);
            }
            let expected = runtime.block_on(outcome(&memory, call.clone()));
            prop_assert_eq!(runtime.block_on(outcome(&file, call.clone())), expected, "{:?}", call);
        }
        prop_assert_eq!(runtime.block_on(everything(&file)), runtime.block_on(everything(&memory)));
        Ok(())
    });
    let _ = std::fs::remove_dir_all(&folder);
    tested.unwrap();
}
