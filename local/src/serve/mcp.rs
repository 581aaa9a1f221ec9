//! The MCP server: the built-in one, or gateways in front of others.

use super::config::secret_of;
use super::listener::Received;
use super::local_way::LocalWay;
use super::stdio::Programs;
use super::upstreams::gateways;
use crate::Failure;
use crate::log::Log;
use bytes::Bytes;
use doorward::gateway::GatewayKeys;
use doorward::guard::{Guard, Verify};
use doorward::protocol::ProtectedResource;
use doorward_outbound::{Credentials, Introspector};
use doorward_settings::{AUDIT_CALLS, UPSTREAM, UPSTREAM_COMMAND, Values};
use doorward_signing::SystemClock;
use doorward_tools::McpServer;
use doorward_tower::AuthorizationServer;
use doorward_upstream::{GatewayBody, Gateways, Way};
use http::request::Parts;
use http::{Request, Response};
use http_body_util::Either;
use http_body_util::combinators::BoxBody;
use std::convert::Infallible;
use std::sync::Arc;

/// The body of a response: of the built-in server, or of a gateway.
pub(super) type McpBody = Either<BoxBody<Bytes, Infallible>, GatewayBody<<LocalWay as Way>::Body>>;

/// What answers requests to the MCP server. A clone shares everything.
#[derive(Clone)]
pub(super) enum Mcp {
    BuiltIn(Arc<McpServer>),
    Gateways(Gateways<LocalWay>),
}

impl Mcp {
    /// Builds gateways if there are upstreams, and otherwise the built-in server. Sentences for the operator are added to
    /// `warnings`.
    pub(super) async fn build(
        values: &Values,
        auth: &AuthorizationServer,
        by_introspection: bool,
        keys: GatewayKeys,
        programs: &Programs,
        (log, warnings): (&Log, &mut Vec<String>),
    ) -> Result<Self, Failure> {
        let guard = |resource: &ProtectedResource| guard(values, auth, resource, by_introspection);
        if [UPSTREAM, UPSTREAM_COMMAND].iter().all(|setting| values.all(setting).is_empty()) {
            let guard = guard(auth.server().config.resources().default())?;
            return Ok(Self::BuiltIn(Arc::new(
                McpServer::new(guard).audit_calls(values.is_on(&AUDIT_CALLS)?),
            )));
        }
        let config = &auth.server().config;
        Ok(Self::Gateways(gateways(values, config, guard, keys, programs, (log, warnings)).await?))
    }

    /// Whether the request is for a resource, on a listener that also serves the authorization server.
    pub(super) fn is_for(&self, head: &Parts) -> bool {
        match self {
            Self::BuiltIn(server) => server.guard().is_for(head),
            Self::Gateways(gateways) => gateways.are_for(head),
        }
    }

    /// The resource of the gateway that answers a request.
    pub(super) fn gateway_of(&self, head: &Parts) -> Option<&ProtectedResource> {
        match self {
            Self::BuiltIn(_) => None,
            Self::Gateways(gateways) => gateways.resource_of(head),
        }
    }

    pub(super) async fn answer(&self, request: Request<Received>) -> Response<McpBody> {
        // Both futures are large. Unboxed, they would be moved with each request, also to the authorization server.
        match self {
            Self::BuiltIn(server) => Box::pin(server.answer(request)).await.map(Either::Left),
            Self::Gateways(gateways) => Box::pin(gateways.answer(request)).await.map(Either::Right),
        }
    }
}

/// The guard of a resource. Beside the authorization server it has the keys. Away from it, and in the tutorial, which is
/// about that, it introspects.
fn guard(
    values: &Values,
    auth: &AuthorizationServer,
    resource: &ProtectedResource,
    by_introspection: bool,
) -> Result<Guard, Failure> {
    let config = &auth.server().config;
    if !by_introspection {
        let guard = auth.guard_at(resource.resource.as_str());
        return guard.ok_or_else(|| Failure(format!("no resource is {}", resource.resource)));
    }
    let issuer = config.issuer().clone();
    let http = doorward_outbound::http().map_err(|error| Failure(error.to_string()))?;
    let secret = secret_of(values, &resource.resource);
    let credentials = secret.map(|secret| Credentials { id: resource.resource.to_string(), secret });
    let introspect = issuer.url(config.paths().of(doorward::protocol::Mount::Introspect));
    let introspector = Arc::new(Introspector::new(http, introspect, credentials));
    Ok(Guard::new(resource.clone(), issuer, Verify::Introspection(introspector), Arc::new(SystemClock)))
}
