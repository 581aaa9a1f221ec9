//! The metrics of a server, for Prometheus. `docs/metrics.md` lists them.
//!
//! All labels are known at the start. So no client can add a series, and to count costs atomic additions and no lock.

mod events;
mod fetches;
mod file;
mod histogram;
mod process;
mod reading;
mod requests;
mod store;
mod table;
mod watched;

use doorward::client::Fetch;
use doorward::protocol::Resource;
use doorward::store::Store;
use doorward_sqlite::SqliteStore;
use fetches::WatchedFetch;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use store::StoreCounts;
use table::Table;

pub use watched::Watched;

pub(crate) use events::Events;
pub(crate) use requests::{HEALTH, MCP, NO_ENDPOINT, Requests};

/// The media type of the text.
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// The metrics of one server.
pub struct Metrics {
    registry: Registry,
    requests: Requests,
    events: Events,
    store: StoreCounts,
    fetches: Table<Counter, 1>,
}

impl Metrics {
    /// Metrics of a server with gateways for these resources.
    pub fn new(gateways: &[Resource]) -> Self {
        let mut registry = Registry::default();
        process::register(&mut registry);
        Self {
            requests: Requests::register(&mut registry, gateways),
            events: Events::register(&mut registry),
            store: StoreCounts::register(&mut registry),
            fetches: fetches::register(&mut registry),
            registry,
        }
    }

    /// The same store. Its operations are counted.
    pub fn watch(&self, inner: Arc<dyn Store>) -> Watched {
        Watched { inner, counts: self.store.clone() }
    }

    /// The same source of documents. Its fetches are counted.
    pub fn watch_fetches(&self, inner: Arc<dyn Fetch>) -> Arc<dyn Fetch> {
        Arc::new(WatchedFetch { inner, counts: self.fetches.clone() })
    }

    /// Counts what this store does, beside the operations of its callers.
    pub fn observe(&mut self, store: &Arc<SqliteStore>) {
        file::observe(&mut self.registry, store);
    }

    pub(crate) fn events(&self) -> &Events {
        &self.events
    }

    pub(crate) fn requests(&self) -> &Requests {
        &self.requests
    }

    /// The metrics in the text format of Prometheus, version 0.0.4.
    pub fn text(&self) -> String {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry).expect("a string takes every text");
        text
    }
}
