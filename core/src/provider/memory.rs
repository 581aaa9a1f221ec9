//! What a provider said, kept for a while, so that it is asked now and then and not with every visit.

use crate::ports::Timestamp;
use crate::provider::error::ProviderError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long nobody is asked again after a failure: whoever opens our pages must not be able to have us ask without end.
const FAILED: Duration = Duration::from_secs(2);

/// The last of something that was fetched, and when; and why the last time it was not.
pub(super) struct Memory<T>(Mutex<Held<T>>);

struct Held<T> {
    value: Option<(Arc<T>, Timestamp)>,
    failed: Option<(ProviderError, Timestamp)>,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self(Mutex::new(Held { value: None, failed: None }))
    }
}

impl<T> Memory<T> {
    pub(super) fn recall(&self) -> Option<(Arc<T>, Timestamp)> {
        self.held().value.clone()
    }

    fn held(&self) -> MutexGuard<'_, Held<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self, now: Timestamp) -> Option<ProviderError> {
        let held = self.held();
        held.failed.as_ref().filter(|(_, since)| now < since.after(FAILED)).map(|(why, _)| why.clone())
    }

    /// What is not older than that, or else what `fetch` brings; should it bring nothing, what there is.
    pub(super) async fn find(
        &self,
        now: Timestamp,
        kept: Duration,
        fetch: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Arc<T>, ProviderError> {
        let old = match self.recall() {
            Some((value, since)) if now < since.after(kept) => return Ok(value),
            old => old.map(|(value, _)| value),
        };
        if let Some(why) = self.failure(now) {
            return old.ok_or(why);
        }
        match fetch.await {
            Ok(value) => {
                let value = Arc::new(value);
                *self.held() = Held { value: Some((value.clone(), now)), failed: None };
                Ok(value)
            }
            Err(why) => {
                self.held().failed = Some((why.clone(), now));
                old.ok_or(why)
            }
        }
    }
}
