//! Concurrent callers that refresh.

use crate::grants::{GRANTS, Now, grant};
use doorward::ports::Clock;
use doorward::store::{Grants, Rotated, State};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long each call took, the shortest first.
pub(crate) struct Took(pub(crate) Vec<Duration>);

impl Took {
    /// Milliseconds.
    pub(crate) fn at(&self, percent: usize) -> f64 {
        self.0[self.0.len() * percent / 100].as_secs_f64() * 1e3
    }
}

/// Lets callers refresh, each until `goes_on` says otherwise. It is asked with the number of refreshes of this caller.
pub(crate) async fn refresh<S: Grants + 'static>(
    store: &Arc<S>,
    callers: u64,
    goes_on: impl Fn(u64) -> bool + Copy + Send + 'static,
) -> Took {
    let refreshing: JoinSet<_> =
        (0..callers).map(|first| call(store.clone(), first, callers, goes_on)).collect();
    let mut took = refreshing.join_all().await.concat();
    took.sort_unstable();
    Took(took)
}

/// One caller: refreshes grants of its own in turn, and measures each.
async fn call<S: Grants>(
    store: Arc<S>,
    first: u64,
    callers: u64,
    goes_on: impl Fn(u64) -> bool,
) -> Vec<Duration> {
    let (mut heads, mut took) = (vec![None; (GRANTS / callers) as usize], Vec::new());
    for turn in (0..heads.len()).cycle() {
        if !goes_on(took.len() as u64) {
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
