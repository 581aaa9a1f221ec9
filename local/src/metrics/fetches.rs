//! Fetches of the documents and keys that clients publish, by outcome.

use super::table::Table;
use async_trait::async_trait;
use doorward::client::{Fetch, FetchError};
use doorward::protocol::DocumentUrl;
use doorward::wire::Response;
use http::StatusCode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::time::Duration;

const OUTCOMES: [&str; 4] = ["ok", "status", "refused", "unreachable"];

pub(super) fn register(registry: &mut Registry) -> Table<Counter, 1> {
    let fetches = Table::of("outcome", OUTCOMES, Counter::default);
    registry.register(
        "doorward_document_fetches",
        "Fetches of documents and keys that clients publish",
        fetches.clone(),
    );
    fetches
}

/// Counts each fetch of `inner`.
pub(super) struct WatchedFetch {
    pub(super) inner: Arc<dyn Fetch>,
    pub(super) counts: Table<Counter, 1>,
}

#[async_trait]
impl Fetch for WatchedFetch {
    async fn fetch(&self, url: &DocumentUrl, limit: Duration) -> Result<Response, FetchError> {
        let fetched = self.inner.fetch(url, limit).await;
        let number = match &fetched {
            Ok(response) if response.status() == StatusCode::OK => 0,
            Ok(_) => 1,
            Err(FetchError::Invalid(_)) => 2,
            Err(FetchError::Unavailable(_)) => 3,
        };
        self.counts.at(number).inc();
        fetched
    }
}
