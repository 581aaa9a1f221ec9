//! A warning for the operator: issuer and resource are at one host, but two listeners serve them.

use super::address::Bound;
use doorward::config::Config;
use doorward_settings::{AUTH_PORT, MCP_PORT};

/// The warning, if both listeners are here. A proxy that sends all requests of the host to one of them would answer 404 for
/// the other.
pub(super) fn warning(config: &Config, bound: &Bound) -> Option<String> {
    let (issuer, (Some(_), Some(mcp))) = (config.issuer(), (&bound.auth, &bound.mcp)) else { return None };
    let port = mcp.local_addr().ok()?.port();
    let all = config.resources().iter().map(|known| &known.resource);
    let resource = all.into_iter().find(|resource| resource.origin() == issuer.origin())?;
    let path = resource.path();
    Some(format!(
        "the issuer {issuer} and the resource {resource} are at one host, but the MCP server has a listener of its own; give \
         --{} the value of --{}, or have the proxy send {path} and /.well-known/oauth-protected-resource{path} to the port {port}",
        MCP_PORT.name, AUTH_PORT.name
    ))
}
