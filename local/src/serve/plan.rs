//! What is to run: the settings, read and checked, and the ports. Nothing is written yet.

use super::address::Bound;
use super::config::{self, Addresses};
use super::limits;
use super::listener::Limits;
use super::ops::Ops;
use super::upstreams;
use super::well_known::WellKnown;
use crate::Failure;
use crate::state::Host;
use doorward::config::Config;
use doorward::endpoint;
use doorward::protocol::Resource;
use doorward_settings::{ONLY, TUTORIAL, Values};

/// The servers that run in this process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Only {
    Both,
    Auth,
    Mcp,
}

impl Only {
    fn of(values: &Values) -> Result<Self, Failure> {
        match values.one(&ONLY) {
            None => Ok(Self::Both),
            Some("auth") => Ok(Self::Auth),
            Some("mcp") => Ok(Self::Mcp),
            Some(_) => Err(Failure("--only must be auth or mcp".into())),
        }
    }
}

/// Settings that can be used together, and listeners at their ports.
pub(super) struct Plan {
    pub(super) only: Only,
    pub(super) bound: Bound,
    pub(super) config: Config,
    /// The limits of a listener of the authorization server, and of one of the MCP server.
    pub(super) limits: (Limits, Limits),
    pub(super) well_known: WellKnown,
    /// The resources with a gateway, and the URLs or programs of their upstreams.
    pub(super) gateways: Vec<(Resource, String)>,
    pub(super) ops: Option<Ops>,
}

impl Plan {
    /// Reads the settings, and binds the ports.
    pub(super) async fn read(values: &Values, host: &Host) -> Result<Self, Failure> {
        let only = Only::of(values)?;
        let limits = limits::read(values)?;
        let bound = Bound::bind(values, only != Only::Mcp, only != Only::Auth, &host.inherited).await?;
        let addresses = Addresses { auth: bound.auth_url.clone(), mcp: bound.mcp_url.clone() };
        let config = config::read(values, &addresses)?;
        if values.is_on(&TUTORIAL)? && !bound.is_loopback {
            return Err(Failure(
                "--tutorial loosens security rules; use it on 127.0.0.1 or localhost only".into(),
            ));
        }
        if bound.is_one {
            refuse_collisions(&config)?;
        }
        let well_known = WellKnown::read(values)?;
        let mut gateways = upstreams::listed(values, &config, &bound)?;
        gateways.retain(|_| only != Only::Auth);
        let ops = Ops::bind(values, &bound, &gateways).await?;
        if only == Only::Mcp {
            upstreams::refuse_foreign_identities(values, &config)?;
        }
        Ok(Self { only, bound, config, limits, well_known, gateways, ops })
    }
}

/// Refuses a resource whose path is one of the authorization server, if one listener serves both.
fn refuse_collisions(config: &Config) -> Result<(), Failure> {
    for resource in config.resources().iter().map(|known| &known.resource) {
        let path = resource.path().trim_end_matches('/');
        let is_taken =
            |endpoint: &&endpoint::Endpoint| endpoint.route.paths(config.paths()).any(|known| known == path);
        let mut callbacks = config.providers().iter().map(|provider| provider.callback_path(config.paths()));
        if path.is_empty() || endpoint::ALL.iter().any(is_taken) || callbacks.any(|callback| callback == path)
        {
            return Err(Failure(format!(
                "--resource {resource}: the authorization server has this path on the same port; add a path such as /mcp, or \
                 give the MCP server a port of its own with --mcp-port"
            )));
        }
    }
    Ok(())
}
