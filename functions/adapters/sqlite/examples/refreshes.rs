//! Measures refreshes of grants at 1, 16 and 64 concurrent callers, beside a loop of bare syncs on the same disk:
//! `cargo run --release -p doorward-sqlite --example refreshes FOLDER [SECONDS] [CALLERS]`. The folder is made, and deleted.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the measurement prints, and stops at an error"
)]

use doorward::ports::{Clock, Timestamp};
use doorward::protocol::{ClientId, GrantId, Resource, Scope, Subject};
use doorward::store::{Grant, Grants, Opened, Rotated, State};
use doorward_sqlite::SqliteStore;
use std::fs::{File, create_dir_all, remove_dir_all};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Grants in the store, so that their pages are not all in one place.
const GRANTS: u64 = 20_000;

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000)
    }
}

fn grant(number: u64) -> Grant {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    id[8..].copy_from_slice(&number.to_be_bytes());
    let now = Now.now();
    Grant {
        id: GrantId(id),
        client: ClientId("dw_client_".to_owned() + &"x".repeat(190)),
        client_name: None,
        installation: None,
        subject: Subject::parse(&format!("user {}", number % 1000)).unwrap(),
        scope: Scope::parse("user files").unwrap(),
        resource: Resource::parse("https://mcp.example/mcp").unwrap(),
        signed_in_at: now,
        opened_at: now,
        expires_at: now.after(Duration::from_secs(7_776_000)),
        kept_until: now.after(Duration::from_secs(60)),
        state: State::opened(now),
    }
}

/// Overwrites the pages of a file of 16 MiB in turn, as SQLite does with its log, and syncs each. Returns how often a second.
fn bare_syncs(folder: &Path, span: Duration) -> f64 {
    const PAGES: usize = 4096;
    let mut file = File::create(folder.join("bare")).unwrap();
    file.write_all(&vec![0; PAGES * 4096]).unwrap();
    file.sync_all().unwrap();
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < span {
        file.seek(SeekFrom::Start((count % PAGES * 4096) as u64)).unwrap();
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    count as f64 / began.elapsed().as_secs_f64()
}

/// One caller: refreshes grants of its own in turn, and measures each.
async fn refresh(store: Arc<SqliteStore>, first: u64, callers: u64, until: Instant) -> Vec<Duration> {
    let (mut heads, mut took) = (vec![None; (GRANTS / callers) as usize], Vec::new());
    for turn in (0..heads.len()).cycle() {
        if Instant::now() >= until {
            break;
        }
        let id = grant(first + turn as u64 * callers).id;
        let head = match heads[turn] {
            Some(head) => head,
            None => match store.find(id).await.unwrap().unwrap().state {
                State::Open(chain) => chain.head,
                State::Closed { .. } => unreachable!("none is closed"),
            },
        };
        let began = Instant::now();
        let rotated = store.rotate(id, head, Now.now()).await.unwrap();
        took.push(began.elapsed());
        assert!(matches!(rotated, Rotated::Next { .. }), "{rotated:?}");
        heads[turn] = Some(head + 1);
    }
    took
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let span = Duration::from_secs(arguments.next().map_or(3, |text| text.parse().unwrap()));
    let callers = arguments.next().map_or(vec![1, 16, 64], |text| vec![text.parse().unwrap()]);
    create_dir_all(&folder).unwrap();
    let store = Arc::new(SqliteStore::open(&folder.join("store"), Arc::new(Now)).unwrap());
    let mut opening = JoinSet::new();
    for number in 0..GRANTS {
        let store = store.clone();
        opening.spawn(async move { store.open(grant(number)).await });
        if opening.len() == 256 {
            assert_eq!(opening.join_next().await.unwrap().unwrap().unwrap(), Opened::New);
        }
    }
    opening.join_all().await;
    println!(
        "{:>8}{:>12}{:>12}{:>14}{:>10}{:>10}",
        "callers", "bare/s", "refresh/s", "commits each", "p50 ms", "p99 ms"
    );
    for callers in callers {
        let bare = bare_syncs(&folder, span);
        let (before, began) = (store.counts(), Instant::now());
        let refreshing: JoinSet<_> =
            (0..callers).map(|first| refresh(store.clone(), first, callers, began + span)).collect();
        let mut took = refreshing.join_all().await.concat();
        let (elapsed, after) = (began.elapsed(), store.counts());
        let (writes, commits) = (after.writes - before.writes, after.commits - before.commits);
        assert_eq!(writes, took.len() as u64, "a refresh is one write");
        took.sort_unstable();
        let at = |part: usize| took[took.len() * part / 100].as_secs_f64() * 1e3;
        let (rate, each) = (writes as f64 / elapsed.as_secs_f64(), commits as f64 / writes as f64);
        println!("{callers:>8}{bare:>12.0}{rate:>12.0}{each:>14.4}{:>10.2}{:>10.2}", at(50), at(99));
    }
    drop(store);
    remove_dir_all(folder).unwrap();
}
