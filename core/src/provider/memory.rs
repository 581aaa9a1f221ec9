//! A cache for one thing that a provider publishes, so that the provider is not asked at every visit.

use crate::ports::Timestamp;
use crate::provider::error::ProviderError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a failure is cached: 2 seconds. So an attacker who opens our pages cannot make this server send
/// requests without limit.
const FAILED: Duration = Duration::from_secs(2);

/// The last value that was fetched, and when. Also the last failure, and when.
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

    /// Returns the cached value if it is younger than `kept`. Otherwise it fetches; if that fails, it returns the
    /// old value.
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
