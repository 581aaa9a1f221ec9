//! What one listener serves: the authorization server, the MCP server, or both.

use super::address::Bound;
use super::auth::Served;
use super::health::Health;
use super::listener::{Limits, Peer, Received};
use super::mcp::{Mcp, McpBody};
use super::proxy_hint::ProxyHint;
use super::well_known::WellKnown;
use crate::log::{DiscoveryRequest, Log};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{Either, Full};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::timeout;

/// The servers behind one listener. A clone shares everything.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) auth: Option<Served>,
    pub(super) mcp: Option<Mcp>,
    /// The texts beside the MCP server.
    pub(super) well_known: WellKnown,
    /// How long an answer of the authorization server may take, if the listener has no limit for it.
    pub(super) limit: Option<Duration>,
    pub(super) reporting: Reporting,
}

/// What a listener tells its operator. A clone shares everything.
#[derive(Clone)]
pub(super) struct Reporting {
    pub(super) health: Health,
    pub(super) proxy_hint: ProxyHint,
    pub(super) log: Log,
}

/// The body of a response.
pub(super) type SiteBody = Either<Full<Bytes>, McpBody>;

impl Site {
    /// Answers a request. If both servers are here, the MCP server has the paths of its resources and the texts, and the
    /// authorization server all others. The health is at a path of its own, unless a resource has that path.
    pub(super) async fn answer(&self, request: Request<Received>) -> Response<SiteBody> {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
        let (head, body) = request.into_parts();
        let Reporting { health, proxy_hint, log } = &self.reporting;
        proxy_hint.look(&head.headers, log);
        if let Some(text) = self.well_known.answer(&head) {
            return text.map(Either::Left);
        }
        let is_for_mcp = || self.mcp.as_ref().is_some_and(|mcp| mcp.is_for(&head));
        if let Some(health) = health.answer(&head)
            && !is_for_mcp()
        {
            return health.map(Either::Left);
        }
        let is_for_mcp = self.auth.is_none() || is_for_mcp();
        let discovery = DiscoveryRequest::of(&head, is_for_mcp);
        let response = match (&self.auth, &self.mcp) {
            (Some(auth), _) if !is_for_mcp => {
                // The future of all endpoints is large, and would be moved with each request to the MCP server.
                let answer = Box::pin(auth.answer(Request::from_parts(head, body)));
                match self.limit {
                    None => answer.await,
                    Some(limit) => timeout(limit, answer).await.unwrap_or_else(|_| late()),
                }
                .map(Either::Left)
            }
            (_, Some(mcp)) => mcp.answer(Request::from_parts(head, body)).await.map(Either::Right),
            (_, None) => late().map(Either::Left),
        };
        log.write_all(&response, peer);
        if let Some(discovery) = discovery {
            log.discovered(&discovery, response.status(), peer);
        }
        response
    }
}

/// The answer of the authorization server takes too long.
fn late() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from("the server did not answer in time; try again"));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let fields = [
        (header::CONTENT_TYPE, "text/plain"),
        (header::CACHE_CONTROL, "no-store"),
        (header::RETRY_AFTER, "2"),
        (header::CONNECTION, "close"),
    ];
    response.headers_mut().extend(fields.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

/// The servers of each listener. An MCP server has time limits of its own.
pub(super) fn sites(
    bound: Bound,
    served: Served,
    mcp: Option<(Mcp, WellKnown)>,
    limits: (Limits, Limits),
    reporting: &Reporting,
) -> Vec<(TcpListener, Site, Limits)> {
    let (auth_limits, mcp_limits) = limits;
    let site = |auth, mcp: Option<(Mcp, WellKnown)>, limit| {
        let (mcp, well_known) = mcp.map_or_else(Default::default, |(mcp, texts)| (Some(mcp), texts));
        Site { auth, mcp, well_known, limit, reporting: reporting.clone() }
    };
    match (bound.auth, bound.mcp) {
        (Some(one), None) if bound.is_one => {
            vec![(one, site(Some(served), mcp, auth_limits.answer), mcp_limits)]
        }
        (auth, mcp_listener) => {
            let auth = auth.map(|listener| (listener, site(Some(served), None, None), auth_limits));
            let mcp = mcp_listener.map(|listener| (listener, site(None, mcp, None), mcp_limits));
            auth.into_iter().chain(mcp).collect()
        }
    }
}
