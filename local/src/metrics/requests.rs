//! Requests and connections. The labels are the server's own: endpoints, and the configured resources of gateways.

use super::histogram::{Histogram, Scale};
use super::table::{Occurring, Table};
use doorward::endpoint;
use doorward::protocol::{Paths, Resource};
use http::StatusCode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// A document takes some microseconds, a password hash a tenth of a second, a tool at an upstream seconds.
static SECONDS: Scale = Scale {
    bounds: &[
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000,
        25_000_000,
        50_000_000,
        100_000_000,
        250_000_000,
        500_000_000,
        1_000_000_000,
        2_500_000_000,
        5_000_000_000,
        10_000_000_000,
        30_000_000_000,
    ],
    per_unit: 1e9,
};

/// The statuses that have a label of their own: those of this server, and the usual ones of upstreams. `499` is a request whose
/// client left before the answer.
const STATUSES: [u16; 30] = [
    200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409, 413, 415,
    421, 422, 429, 499, 500, 501, 502, 503, 504,
];
const OTHER: &str = "other";

/// The number of requests for the health of the process, after those of the authorization server's endpoints.
pub(crate) const HEALTH: usize = endpoint::ALL.len();
/// The number of requests to the MCP server.
pub(crate) const MCP: usize = HEALTH + 1;
/// The number of all other requests: of paths at which nothing is, and of texts at well-known places.
pub(crate) const NO_ENDPOINT: usize = MCP + 1;

/// The names of the listeners.
const LISTENERS: [&str; 2] = ["auth", "mcp"];

/// Counts requests and connections. A clone counts together with it.
#[derive(Clone)]
pub(crate) struct Requests {
    answered: Table<Occurring, 2>,
    seconds: Table<Histogram, 1>,
    through_gateways: Table<Occurring, 2>,
    gateway_seconds: Table<Histogram, 1>,
    connections: Table<Gauge, 1>,
}

impl Requests {
    pub(super) fn register(registry: &mut Registry, gateways: &[Resource]) -> Self {
        let paths = Paths::default();
        let endpoints = endpoint::ALL.iter().filter_map(|endpoint| endpoint.route.paths(&paths).next());
        let endpoints: Vec<_> = endpoints
            .map(str::to_owned)
            .chain(["/health".to_owned(), "mcp".to_owned(), OTHER.to_owned()])
            .collect();
        let gateways: Vec<_> = gateways.iter().map(ToString::to_string).collect();
        let all = Self {
            answered: by_status("endpoint", &endpoints),
            seconds: Table::of("endpoint", endpoints, || Histogram::new(&SECONDS)),
            through_gateways: by_status("resource", &gateways),
            gateway_seconds: Table::of("resource", gateways, || Histogram::new(&SECONDS)),
            connections: Table::of("listener", LISTENERS, Gauge::default),
        };
        let Self { answered, seconds, through_gateways, gateway_seconds, connections } = all.clone();
        registry.register(
            "doorward_requests",
            "Requests that were answered, or whose client left before",
            answered,
        );
        registry.register(
            "doorward_request_seconds",
            "The time from a request's head until its answer begins",
            seconds,
        );
        registry.register(
            "doorward_gateway_requests",
            "Requests to the gateway of a resource",
            through_gateways,
        );
        registry.register(
            "doorward_gateway_request_seconds",
            "The time from the head of a request to a gateway until its answer begins",
            gateway_seconds,
        );
        registry.register("doorward_connections", "Open connections", connections);
        all
    }

    /// Counts a request to an endpoint.
    pub(crate) fn answered(&self, endpoint: usize, status: StatusCode, took: Duration) {
        self.answered.at(endpoint * ROW + column(status)).counter.inc();
        self.seconds.at(endpoint).observe_time(took);
    }

    /// Counts a request to a gateway.
    pub(crate) fn through_gateway(&self, gateway: usize, status: StatusCode, took: Duration) {
        self.through_gateways.at(gateway * ROW + column(status)).counter.inc();
        self.gateway_seconds.at(gateway).observe_time(took);
    }

    /// The number of open connections of the listener with the authorization server, or of that of the MCP server alone.
    pub(crate) fn connections(&self, has_auth: bool) -> Gauge {
        self.connections.at(usize::from(!has_auth)).clone()
    }
}

/// The number of counters of one endpoint.
const ROW: usize = STATUSES.len() + 1;

fn column(status: StatusCode) -> usize {
    STATUSES.binary_search(&status.as_u16()).unwrap_or(STATUSES.len())
}

fn by_status(label: &'static str, values: &[String]) -> Table<Occurring, 2> {
    let statuses = || STATUSES.iter().map(ToString::to_string).chain([OTHER.to_owned()]);
    let rows = values.iter().flat_map(|value| statuses().map(|status| [value.clone().into(), status.into()]));
    // An alert has to see the first errors of the server.
    let is_expected = |status: &str| status.starts_with('5');
    Table::new([label, "status"], rows, |[_, status]| Occurring {
        counter: Counter::default(),
        is_expected: is_expected(status),
    })
}
