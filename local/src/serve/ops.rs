//! The listener for monitoring: metrics, and whether the process is alive and ready. It has no authentication.

use super::address::Bound;
use super::health::Health;
use super::listener::{Limits, Listener, Received, Watch};
use super::shutdown::Stage;
use super::site::Site;
use super::watched_site::WatchedSite;
use crate::Failure;
use crate::log::Log;
use crate::metrics::{self, Metrics};
use bytes::Bytes;
use doorward::client::Fetch;
use doorward::protocol::Resource;
use doorward::store::{MemoryStore, Store};
use doorward_outbound::Fetcher;
use doorward_settings::{OPS_LISTEN, Values};
use doorward_sqlite::SqliteStore;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::service::service_fn;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, lookup_host};
use tokio::sync::watch;

/// A few monitors read it, each with a connection that it keeps.
const LIMITS: Limits = Limits {
    connections: 16,
    head: Duration::from_secs(5),
    body: Duration::from_secs(5),
    answer: Some(Duration::from_secs(5)),
    idle: Duration::from_secs(150),
};

/// The listener, which does not answer yet, and the metrics.
pub(super) struct Ops {
    listener: TcpListener,
    address: SocketAddr,
    gateways: Vec<Resource>,
    metrics: Metrics,
}

impl Ops {
    /// Binds the address of the setting, if there is one. The metrics are of a server with these gateways.
    pub(super) async fn bind(
        values: &Values,
        bound: &Bound,
        gateways: &[(Resource, String)],
    ) -> Result<Option<Self>, Failure> {
        let Some(text) = values.one(&OPS_LISTEN) else { return Ok(None) };
        let hint = "give ADDRESS:PORT with a free port, for example 127.0.0.1:9464";
        let failure = |error| Failure(format!("--{}: {text}: {error}; {hint}", OPS_LISTEN.name));
        for address in lookup_host(text).await.map_err(failure)? {
            if let Some(server) = bound.overlapping(address) {
                return Err(Failure(format!(
                    "--{}: {text} is the address of the {server}, and the metrics have no authentication; {hint}",
                    OPS_LISTEN.name
                )));
            }
        }
        let listener = TcpListener::bind(text).await.map_err(failure)?;
        let address = listener.local_addr().map_err(failure)?;
        let gateways: Vec<_> = gateways.iter().map(|(resource, _)| resource.clone()).collect();
        Ok(Some(Self { listener, address, metrics: Metrics::new(&gateways), gateways }))
    }

    /// A sentence for the operator, if other machines reach the listener.
    pub(super) fn warning(&self) -> Option<String> {
        let address = self.address;
        (!address.ip().is_loopback()).then(|| {
            format!(
                "--{} {address}: other machines may read the metrics, which have no authentication; let only your monitoring \
                 reach this port, or use 127.0.0.1",
                OPS_LISTEN.name
            )
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is told of the connections and requests of a site.
    pub(super) fn watch(&self, site: &Site) -> Arc<dyn Watch> {
        Arc::new(WatchedSite::new(site.clone(), self.metrics.requests().clone(), self.gateways.clone()))
    }

    /// Serves until the future is dropped. So a monitor sees that the process is ending.
    pub(super) async fn serve(self, health: Health, log: Log) {
        let (_serving, stage) = watch::channel(Stage::Serving);
        let metrics = Arc::new(self.metrics);
        let answer = move |request: Request<Received>| {
            let answer = answer(request.method(), request.uri().path(), &metrics, &health);
            async move { Ok::<_, Infallible>(answer) }
        };
        let listener = Listener::new(self.listener, LIMITS, move |trouble: &str| log.trouble(trouble));
        listener.serve(service_fn(answer), stage).await;
    }
}

/// The log, the store and the source of documents of a server. With metrics, they are counted.
pub(super) fn counted(
    ops: &mut Option<Ops>,
    log: Log,
    store: Option<&Arc<SqliteStore>>,
) -> (Log, Arc<dyn Store>, Arc<dyn Fetch>) {
    let all: Arc<dyn Store> = match store {
        None => Arc::new(MemoryStore::default()),
        Some(store) => store.clone(),
    };
    let fetch: Arc<dyn Fetch> = Arc::new(Fetcher::default());
    let Some(Ops { metrics, .. }) = ops else { return (log, all, fetch) };
    if let Some(store) = store {
        metrics.observe(store);
    }
    (log.counted_by(metrics.events().clone()), Arc::new(metrics.watch(all)), metrics.watch_fetches(fetch))
}

fn answer(method: &Method, path: &str, metrics: &Metrics, health: &Health) -> Response<Full<Bytes>> {
    let is_read = [Method::GET, Method::HEAD].contains(method);
    let mut response = match path {
        "/metrics" | "/live" | "/ready" if !is_read => {
            plain(StatusCode::METHOD_NOT_ALLOWED, "use GET or HEAD\n")
        }
        "/metrics" => plain(StatusCode::OK, metrics.text()),
        "/live" => plain(StatusCode::OK, "ok\n"),
        "/ready" => health.response(),
        _ => plain(StatusCode::NOT_FOUND, "here are /metrics, /live and /ready\n"),
    };
    let headers = response.headers_mut();
    if path == "/metrics" && is_read {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(metrics::CONTENT_TYPE));
    }
    if !is_read {
        headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    let fields = [(header::CONTENT_TYPE, "text/plain"), (header::CACHE_CONTROL, "no-store")];
    response.headers_mut().extend(fields.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}
