//! The deletion of old grants, while callers of the store refresh others.

use crate::load::Took;
use crate::population::Population;
use crate::store::{self, fill_with_ended, megabytes};
use doorward::ports::Clock;
use doorward::store::{Grants, Rotated};
use doorward_signing::SystemClock;
use doorward_sqlite::SqliteStore;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

const CALLERS: u64 = 16;

/// Adds ended grants and deletes them: beside callers for a time, and then alone.
pub(crate) async fn measure(folder: &Path, ended: u64) {
    let count = ended * 2;
    let (store, population) = (store::open(folder), Arc::new(Population::of(folder, count)));
    fill_with_ended(&store, &population, ended).await;
    let span = Duration::from_secs(5);
    let (end, until) = watch::channel(());
    let callers = tokio::spawn(callers(store.clone(), population.clone(), until));
    tokio::time::sleep(span).await;
    drop(end);
    let alone = callers.await.unwrap();
    let (end, until) = watch::channel(());
    let beside = tokio::spawn(self::callers(store.clone(), population.clone(), until));
    let took = sweep(&store).await;
    if took < span {
        tokio::time::sleep(span - took).await;
    }
    drop(end);
    let beside = beside.await.unwrap();
    let left = left(&store, &population, ended).await;
    println!(
        "{ended} ended grants, sweep beside {CALLERS} callers: {:.1} s, {left} left",
        took.as_secs_f64()
    );
    println!(
        "a write of the callers: p50 {:.2} ms (without a sweep {:.2}), p99 {:.1} ms ({:.1}), longest {:.0} ms ({:.0})",
        beside.at(50.0),
        alone.at(50.0),
        beside.at(99.0),
        alone.at(99.0),
        beside.worst(),
        alone.worst()
    );
    let took = sweep(&store).await;
    println!(
        "sweep without callers: {:.1} s for the rest; the file has {:.1} MB",
        took.as_secs_f64(),
        megabytes(folder)
    );
    assert_eq!(self::left(&store, &population, ended).await, 0);
}

async fn sweep(store: &Arc<SqliteStore>) -> Duration {
    let (store, began) = (store.clone(), Instant::now());
    tokio::task::spawn_blocking(move || store.sweep()).await.unwrap().unwrap();
    began.elapsed()
}

/// How many of the ended grants are still there.
async fn left(store: &Arc<SqliteStore>, population: &Population, ended: u64) -> usize {
    let mut left = 0;
    for number in population.count..population.count + ended {
        left += usize::from(store.find(population.ended(number).id).await.unwrap().is_some());
    }
    left
}

/// Callers that refresh until the sender of `until` is dropped.
async fn callers(store: Arc<SqliteStore>, population: Arc<Population>, until: watch::Receiver<()>) -> Took {
    let calling: JoinSet<_> =
        (0..CALLERS).map(|caller| call(store.clone(), population.clone(), caller, until.clone())).collect();
    Took::of(calling.join_all().await.concat())
}

async fn call(
    store: Arc<SqliteStore>,
    population: Arc<Population>,
    caller: u64,
    until: watch::Receiver<()>,
) -> Vec<Duration> {
    let (now, mut took) = (SystemClock.now(), Vec::new());
    // Grants that no other part of the measurement has refreshed.
    let numbers = (population.count / 2 + caller..population.count).step_by(CALLERS as usize * 8 + 1);
    let ids: Vec<_> = numbers.map(|number| population.grant(number).id).collect();
    for id in ids.iter().cycle() {
        if until.has_changed().is_err() {
            break;
        }
        let Some(head) = head(&store, *id).await else { continue };
        let began = Instant::now();
        let rotated = store.rotate(*id, head, now).await.unwrap();
        took.push(began.elapsed());
        assert!(matches!(rotated, Rotated::Next { .. }), "{rotated:?}");
    }
    took
}

async fn head(store: &Arc<SqliteStore>, id: doorward::protocol::GrantId) -> Option<u32> {
    match store.find(id).await.unwrap()?.state {
        doorward::store::State::Open(chain) => Some(chain.head),
        doorward::store::State::Closed { .. } => None,
    }
}
