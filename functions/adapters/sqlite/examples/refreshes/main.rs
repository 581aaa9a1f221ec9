//! Measures the store with 100,000 grants, beside bare syncs on the same disk and beside the store in memory:
//! `cargo run --release -p doorward-sqlite --example refreshes FOLDER [SECONDS]`. The folder is made, and deleted. It takes
//! half a minute. Memory and CPU are read from `/proc` (Linux).

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the measurement prints, and stops at an error"
)]

mod callers;
mod disk;
mod grants;
mod process;

use callers::{Took, refresh};
use disk::{bare_syncs, copy};
use doorward::store::{Grants, MemoryStore};
use doorward_sqlite::SqliteStore;
use grants::{Now, fill, grant};
use std::fs::{create_dir_all, remove_dir_all};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

const REFRESHES: u64 = 100_000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let store = folder.join("store");
    let second = arguments.next().unwrap_or("3".to_owned());
    if second == "fill" {
        return fill(&open(&store)).await;
    }
    let span = Duration::from_secs(second.parse().unwrap());
    create_dir_all(&folder).unwrap();
    // In a process of its own, so that its memory is not counted.
    let filled = Command::new(std::env::current_exe().unwrap()).arg(&folder).arg("fill").status().unwrap();
    assert!(filled.success());
    let store = start("start", &store).await;
    cost(&store).await;
    // What a killed process leaves: the log is not yet in the file.
    let killed = folder.join("killed");
    copy(&folder.join("store"), &killed);
    drop(start("start after a kill", &killed).await);
    table(&folder, &store, span).await;
    drop(store);
    remove_dir_all(folder).unwrap();
}

fn open(folder: &Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(folder, Arc::new(Now)).unwrap())
}

async fn start(name: &str, folder: &Path) -> Arc<SqliteStore> {
    let began = Instant::now();
    let store = open(folder);
    assert!(store.find(grant(1).id).await.unwrap().is_some());
    println!("{name}: {:.1} ms to the first read", began.elapsed().as_secs_f64() * 1e3);
    store
}

/// Memory, and the CPU that the file adds.
async fn cost(store: &Arc<SqliteStore>) {
    let resident = process::resident();
    let file = cpu_of_a_refresh(store).await;
    let after = process::resident();
    println!("resident: {resident:.1} MiB before, {after:.1} MiB after {REFRESHES} refreshes");
    let memory = Arc::new(MemoryStore::default());
    fill(&memory).await;
    let memory = cpu_of_a_refresh(&memory).await;
    println!(
        "CPU of a refresh, 64 callers: {file:.1} µs, in memory {memory:.1} µs, so {:.1} µs more",
        file - memory
    );
}

async fn cpu_of_a_refresh<S: Grants + 'static>(store: &Arc<S>) -> f64 {
    let before = process::cpu();
    let Took(took) = refresh(store, 64, |made| made < REFRESHES / 64).await;
    (process::cpu() - before).as_secs_f64() * 1e6 / took.len() as f64
}

async fn table(folder: &Path, store: &Arc<SqliteStore>, span: Duration) {
    println!(
        "{:>8}{:>10}{:>14}{:>12}{:>14}{:>10}{:>10}{:>14}",
        "callers", "bare/s", "bare p50 ms", "refresh/s", "commits each", "p50 ms", "p99 ms", "p99/bare p50"
    );
    for callers in [1, 16, 64] {
        let bare = Took(bare_syncs(folder, span));
        let (before, began) = (store.counts(), Instant::now());
        let took = refresh(store, callers, move |_| began.elapsed() < span).await;
        let (elapsed, after) = (began.elapsed(), store.counts());
        let (writes, commits) = (after.writes - before.writes, after.commits - before.commits);
        assert_eq!(writes, took.0.len() as u64, "a refresh is one write");
        let (p50, p99, bare_p50) = (took.at(50), took.at(99), bare.at(50));
        println!(
            "{callers:>8}{:>10.0}{bare_p50:>14.2}{:>12.0}{:>14.4}{p50:>10.2}{p99:>10.2}{:>14.1}",
            bare.0.len() as f64 / span.as_secs_f64(),
            writes as f64 / elapsed.as_secs_f64(),
            commits as f64 / writes as f64,
            p99 / bare_p50,
        );
    }
}
