//! The list of blocked clients, cached: a process reads it about once a minute.

use crate::client::BlockList;
use crate::ports::Timestamp;
use crate::store::blocks::Blocks;
use crate::store::error::StoreError;
use crate::wire::{Cache, Cached, Found};
use std::sync::Arc;
use std::time::Duration;

/// How long the list is used before it is read again: 45 seconds. So a change counts within a minute.
const FRESH: Duration = Duration::from_secs(45);
/// How long an older list is used while the store does not answer: 10 minutes.
const STALE: Duration = Duration::from_secs(10 * 60);
/// How long the store is not asked again after a failure: 2 seconds.
const FAILED: Duration = Duration::from_secs(2);

/// The cached list.
pub(crate) struct BlockedClients(Cache<(), BlockList, ()>);

impl Default for BlockedClients {
    fn default() -> Self {
        Self(Cache::new(1))
    }
}

impl BlockedClients {
    /// Makes the next request read the list again.
    pub(crate) fn forget(&self) {
        self.0.forget(&());
    }

    /// The list, which is at most [`FRESH`] old if the store answers.
    pub(crate) async fn list(
        &self,
        store: &dyn Blocks,
        now: Timestamp,
    ) -> Result<Arc<BlockList>, StoreError> {
        let Cached { found, failed } = self.0.get(&(), now);
        let old = match found {
            Some(found) if now < found.fresh || failed.is_some() => return Ok(found.value),
            found => found.map(|found| found.value),
        };
        match (store.read().await, old) {
            (Ok(list), _) => {
                let (value, fresh) = (Arc::new(list), now.after(FRESH));
                let found = Found { value: value.clone(), since: now, fresh, stale: fresh.after(STALE) };
                self.0.put((), found, now);
                Ok(value)
            }
            // Only an old list makes a failure bearable. Without one, the next request asks again.
            (Err(_), Some(old)) => {
                self.0.fail((), (), now.after(FAILED), true, now);
                Ok(old)
            }
            (Err(error), None) => Err(error),
        }
    }
}
