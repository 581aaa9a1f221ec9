//! The connection to a provider, with a cache of what the provider publishes.

use crate::jose::JwkSet;
use crate::ports::Timestamp;
use crate::provider::ask::{ProviderTransport, ProviderUnreachable};
use crate::provider::error::ProviderError;
use crate::provider::memory::Memory;
use crate::provider::metadata::ProviderMetadata;
use crate::wire::{Request, Response};
use bytes::Bytes;
use http::{StatusCode, header};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// The connection to a provider, and the cache of its metadata and keys.
pub struct Provider {
    ask: Arc<dyn ProviderTransport>,
    pub(super) metadata: Memory<ProviderMetadata>,
    keys: Memory<JwkSet>,
}

/// How long metadata and keys are cached (1 hour), and the least time between two fetches of the keys when one is
/// missing (1 minute; key rotation).
pub(super) const KEPT: Duration = Duration::from_secs(60 * 60);
const SOON: Duration = Duration::from_secs(60);

impl Provider {
    /// A connection with an empty cache.
    pub fn new(ask: Arc<dyn ProviderTransport>) -> Self {
        Self { ask, metadata: Memory::default(), keys: Memory::default() }
    }

    pub(super) async fn keys(
        &self,
        url: &str,
        id: Option<&str>,
        now: Timestamp,
    ) -> Result<Arc<JwkSet>, ProviderError> {
        let known = self.keys.recall();
        let lacks = known.is_some_and(|(keys, _)| id.is_some_and(|id| !keys.has(id)));
        self.keys
            .find(now, if lacks { SOON } else { KEPT }, async {
                let set = parse(&self.get(url, None).await?)?;
                JwkSet::parse(&set)
                    .map_err(|error| ProviderError::Invalid(format!("the provider's {}", error.0)))
            })
            .await
    }

    pub(super) async fn get(&self, url: &str, token: Option<&str>) -> Result<Bytes, ProviderError> {
        let request = http::Request::get(url).header(header::ACCEPT, "application/json");
        let request = token
            .into_iter()
            .fold(request, |request, token| request.header(header::AUTHORIZATION, format!("Bearer {token}")));
        let response = self.send(request.body(Bytes::new())).await?;
        let status = response.status();
        (status == StatusCode::OK)
            .then(|| response.into_body())
            .ok_or_else(|| ProviderError::Invalid(format!("the provider answered {status} at {url}")))
    }

    /// Sends a request. A response that asks to try later counts as no response.
    pub(super) async fn send(
        &self,
        request: Result<Request, http::Error>,
    ) -> Result<Response, ProviderError> {
        let request = request.map_err(|error| ProviderError::Invalid(error.to_string()))?;
        let answered = self.ask.ask(request).await;
        let response = answered.map_err(|ProviderUnreachable(why)| ProviderError::Unavailable(why))?;
        let status = response.status();
        let patience = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        if patience {
            return Err(ProviderError::Unavailable(format!("the provider answered {status}")));
        }
        Ok(response)
    }
}

pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ProviderError> {
    serde_json::from_slice(body)
        .map_err(|error| ProviderError::Invalid(format!("the provider's response is not valid: {error}")))
}
