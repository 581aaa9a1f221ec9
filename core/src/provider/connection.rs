//! What the provider publishes: fetched when needed, and kept for a while.

use crate::jose::JwkSet;
use crate::ports::Timestamp;
use crate::provider::ask::{Ask, Unreached};
use crate::provider::error::Unidentified;
use crate::provider::memory::Memory;
use crate::provider::metadata::ProviderMetadata;
use crate::wire::{Request, Response};
use bytes::Bytes;
use http::{StatusCode, header};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// The way to a provider, and what is remembered of it.
pub struct Provider {
    ask: Arc<dyn Ask>,
    pub(super) metadata: Memory<ProviderMetadata>,
    keys: Memory<JwkSet>,
}

/// How long what a provider says is kept, and how soon its keys are fetched again when one is missing.
pub(super) const KEPT: Duration = Duration::from_secs(60 * 60);
const SOON: Duration = Duration::from_secs(60);

impl Provider {
    /// One of which nothing is known yet.
    pub fn new(ask: Arc<dyn Ask>) -> Self {
        Self { ask, metadata: Memory::default(), keys: Memory::default() }
    }

    pub(super) async fn keys(
        &self,
        url: &str,
        id: Option<&str>,
        now: Timestamp,
    ) -> Result<Arc<JwkSet>, Unidentified> {
        let known = self.keys.recall();
        let lacks = known.is_some_and(|(keys, _)| id.is_some_and(|id| !keys.has(id)));
        self.keys
            .find(now, if lacks { SOON } else { KEPT }, async {
                let set = parse(&self.get(url, None).await?)?;
                JwkSet::parse(&set)
                    .map_err(|error| Unidentified::Unusable(format!("the provider's {}", error.0)))
            })
            .await
    }

    pub(super) async fn get(&self, url: &str, token: Option<&str>) -> Result<Bytes, Unidentified> {
        let request = http::Request::get(url).header(header::ACCEPT, "application/json");
        let request = token
            .into_iter()
            .fold(request, |request, token| request.header(header::AUTHORIZATION, format!("Bearer {token}")));
        let response = self.send(request.body(Bytes::new())).await?;
        let status = response.status();
        (status == StatusCode::OK)
            .then(|| response.into_body())
            .ok_or_else(|| Unidentified::Unusable(format!("the provider answers {status} at {url}")))
    }

    /// Sends a request; an answer that asks for patience is none.
    pub(super) async fn send(&self, request: Result<Request, http::Error>) -> Result<Response, Unidentified> {
        let request = request.map_err(|error| Unidentified::Unusable(error.to_string()))?;
        let answered = self.ask.ask(request).await;
        let response = answered.map_err(|Unreached(why)| Unidentified::Unreached(why))?;
        let status = response.status();
        let patience = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        if patience {
            return Err(Unidentified::Unreached(format!("the provider answers {status}")));
        }
        Ok(response)
    }
}

pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unidentified> {
    serde_json::from_slice(body)
        .map_err(|error| Unidentified::Unusable(format!("the provider's answer cannot be read: {error}")))
}
