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
use http::uri::Authority;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::service::service_fn;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
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
        let is_loopback = self.address.ip().is_loopback();
        let answer = move |request: Request<Received>| {
            let answer = match is_loopback && is_rebound(&request) {
                true => plain(StatusCode::MISDIRECTED_REQUEST, "use localhost or the address in the URL\n"),
                false => answer(request.method(), request.uri().path(), &metrics, &health),
            };
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

/// Whether a request names another host than this one, as that of a web page does whose name leads to loopback (DNS rebinding).
/// A page cannot have an address as its name without being of that address.
fn is_rebound<B>(request: &Request<B>) -> bool {
    let in_headers = request.headers().get_all(header::HOST).iter();
    let mut hosts = in_headers.map(|host| host.to_str().ok().and_then(|host| host.parse().ok()));
    let is_here = |authority: &Authority| {
        let host = authority.host();
        let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok()
    };
    let in_target = request.uri().authority().is_none_or(is_here);
    !(in_target && hosts.all(|host: Option<Authority>| host.as_ref().is_some_and(is_here)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_a_page_with_another_name_is_told() {
        let is_rebound = |uri: &str, hosts: &[&str]| {
            let mut request = Request::get(uri);
            for host in hosts {
                request = request.header("host", *host);
            }
            is_rebound(&request.body(()).unwrap())
        };
        for hosts in [
            &[][..],
            &["localhost"],
            &["LOCALHOST:9464"],
            &["127.0.0.1:9464"],
            &["[::1]:9464"],
            &["10.0.0.1"],
        ] {
            assert!(!is_rebound("/metrics", hosts), "{hosts:?}");
        }
        for hosts in [
            &["evil.example:9464"][..],
            &["localhost.evil.example"],
            &["127.0.0.1.evil.example"],
            &["localhost", "evil.example"],
            &["evil.example", "localhost"],
            &["evil.example@localhost/"],
            &[""],
        ] {
            assert!(is_rebound("/metrics", hosts), "{hosts:?}");
        }
        assert!(is_rebound("http://evil.example/metrics", &["localhost"]));
    }
}
