//! The connection to a provider, with a cache of what the provider publishes.

use crate::jose::JwkSet;
use crate::ports::{Deadline, Timestamp};
use crate::provider::error::ProviderError;
use crate::provider::metadata::ProviderMetadata;
use crate::wire::{Cache, Found, HttpClient, Request, Response, Unreachable};
use bytes::Bytes;
use http::{StatusCode, header};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// The connection to a provider, and the cache of its metadata and keys.
pub struct Provider {
    http: Arc<dyn HttpClient>,
    metadata: Cache<(), ProviderMetadata, ProviderError>,
    keys: Cache<(), JwkSet, ProviderError>,
}

/// How long metadata and keys are cached: 1 hour.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// How long a failure is cached: 2 seconds. Without this, an attacker who opens our pages could make this server send
/// requests without limit.
const FAILED: Duration = Duration::from_secs(2);
/// The least time between two fetches of the keys when the key that is needed is missing (key rotation): 1 minute.
const SOON: Duration = Duration::from_secs(60);

impl Provider {
    /// A connection with an empty cache.
    pub fn new(http: Arc<dyn HttpClient>) -> Self {
        Self { http, metadata: Cache::new(1), keys: Cache::new(1) }
    }

    pub(super) async fn keys(
        &self,
        url: &str,
        id: Option<&str>,
        now: Timestamp,
        deadline: &Deadline,
    ) -> Result<Arc<JwkSet>, ProviderError> {
        let lacks = |keys: &JwkSet| id.is_some_and(|id| !keys.has(id));
        find(&self.keys, now, deadline, |keys| if lacks(keys) { SOON } else { KEPT }, async {
            let set = parse(&self.get(url, None, deadline).await?)?;
            JwkSet::parse(&set).map_err(|error| ProviderError::Invalid(format!("the provider's {}", error.0)))
        })
        .await
    }

    pub(super) async fn metadata(
        &self,
        fetch: impl Future<Output = Result<ProviderMetadata, ProviderError>>,
        now: Timestamp,
        deadline: &Deadline,
    ) -> Result<Arc<ProviderMetadata>, ProviderError> {
        find(&self.metadata, now, deadline, |_| KEPT, fetch).await
    }

    pub(super) async fn get(
        &self,
        url: &str,
        token: Option<&str>,
        deadline: &Deadline,
    ) -> Result<Bytes, ProviderError> {
        let request = http::Request::get(url).header(header::ACCEPT, "application/json");
        let request = token
            .into_iter()
            .fold(request, |request, token| request.header(header::AUTHORIZATION, format!("Bearer {token}")));
        let response = self.send(request.body(Bytes::new()), deadline).await?;
        let status = response.status();
        (status == StatusCode::OK)
            .then(|| response.into_body())
            .ok_or_else(|| ProviderError::Invalid(format!("the provider answered {status} at {url}")))
    }

    /// Sends a request. A response that asks to try later counts as no response.
    pub(super) async fn send(
        &self,
        request: Result<Request, http::Error>,
        deadline: &Deadline,
    ) -> Result<Response, ProviderError> {
        let request = request.map_err(|error| ProviderError::Invalid(error.to_string()))?;
        let answered = self.http.send(request, deadline.step()?).await;
        let response = answered.map_err(|Unreachable(why)| ProviderError::Unavailable(why))?;
        let status = response.status();
        let patience = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        if patience {
            return Err(ProviderError::Unavailable(format!("the provider answered {status}")));
        }
        Ok(response)
    }
}

/// Returns the cached value if it is younger than `kept`. Otherwise fetches a new value. If the fetch fails, the old
/// value is used.
async fn find<T>(
    cache: &Cache<(), T, ProviderError>,
    now: Timestamp,
    deadline: &Deadline,
    kept: impl Fn(&T) -> Duration,
    fetch: impl Future<Output = Result<T, ProviderError>>,
) -> Result<Arc<T>, ProviderError> {
    let cached = cache.get(&(), now);
    let old = match cached.found {
        Some(found) if now < found.since.after(kept(&found.value)) => return Ok(found.value),
        found => found.map(|found| found.value),
    };
    if let Some(why) = cached.failed {
        return old.ok_or(why);
    }
    if let Err(error) = deadline.step() {
        // Not cached: the provider did nothing wrong.
        return old.ok_or(error.into());
    }
    match fetch.await {
        Ok(value) => {
            let (value, never) = (Arc::new(value), Timestamp(u64::MAX));
            cache.put((), Found::until(value.clone(), now, never), now);
            Ok(value)
        }
        Err(why) => {
            cache.fail((), why.clone(), now.after(FAILED), true, now);
            old.ok_or(why)
        }
    }
}

pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ProviderError> {
    serde_json::from_slice(body)
        .map_err(|error| ProviderError::Invalid(format!("the provider's response is not valid: {error}")))
}
