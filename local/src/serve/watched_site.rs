//! What the requests to one listener are counted as.

use super::health::Health;
use super::listener::{Series, Watch};
use super::site::Site;
use crate::metrics::{HEALTH, MCP, NO_ENDPOINT, Requests};
use doorward::answer::endpoint_of;
use doorward::endpoint;
use doorward::protocol::Resource;
use http::StatusCode;
use http::request::Parts;
use prometheus_client::metrics::gauge::Gauge;
use std::time::Duration;

/// A site whose requests are counted.
pub(super) struct WatchedSite {
    site: Site,
    requests: Requests,
    connections: Gauge,
    gateways: Vec<Resource>,
}

impl WatchedSite {
    pub(super) fn new(site: Site, requests: Requests, gateways: Vec<Resource>) -> Self {
        Self { connections: requests.connections(site.auth.is_some()), site, requests, gateways }
    }

    fn endpoint(&self, head: &Parts) -> usize {
        if self.site.mcp.as_ref().is_some_and(|mcp| mcp.is_for(head)) {
            return MCP;
        }
        if Health::is_asked(head) {
            return HEALTH;
        }
        let found = self.site.auth.as_ref().and_then(|auth| endpoint_of(auth.auth.server(), head));
        let number =
            found.and_then(|found| endpoint::ALL.iter().position(|known| known.route == found.route));
        number.unwrap_or(NO_ENDPOINT)
    }

    fn gateway(&self, head: &Parts) -> Option<usize> {
        let found = self.site.mcp.as_ref()?.gateway_of(head)?;
        self.gateways.iter().position(|known| *known == found.resource)
    }
}

impl Watch for WatchedSite {
    fn opened(&self) {
        self.connections.inc();
    }

    fn closed(&self) {
        self.connections.dec();
    }

    fn series(&self, head: &Parts) -> Series {
        Series { endpoint: self.endpoint(head), gateway: self.gateway(head) }
    }

    fn answered(&self, series: Series, status: StatusCode, took: Duration) {
        self.requests.answered(series.endpoint, status, took);
        if let Some(gateway) = series.gateway {
            self.requests.through_gateway(gateway, status, took);
        }
    }
}
