//! `doorward serve`: the authorization server and the MCP server in one process, or one of them.

mod address;
mod auth;
mod config;
mod ended;
mod health;
mod limits;
pub mod listener;
mod local_way;
mod logo;
mod mcp;
mod operators;
mod ops;
mod people;
mod proxy_hint;
pub mod secret;
pub mod shutdown;
mod site;
mod state;
pub mod stdio;
mod supervisor;
mod upstreams;
mod watched_site;
mod well_known;

use crate::Failure;
use crate::log::Log;
use address::Bound;
use auth::Served;
use config::Addresses;
use doorward::config::Config;
use doorward::endpoint;
use doorward::protocol::{Issuer, Mount, Resource};
use doorward::server::Server;
use doorward_settings::{BODY, ONLY, TUTORIAL, UPSTREAM, UPSTREAM_COMMAND, Values};
use doorward_sqlite::SqliteStore;
use health::{Health, Probe};
use hyper::service::service_fn;
use listener::{Limits, Listener};
use mcp::Mcp;
use ops::Ops;
use site::{Reporting, Site};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use stdio::Programs;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use well_known::WellKnown;

use crate::state::Host;
use operators::Operators;
use people::{FirstUser, People};
use proxy_hint::ProxyHint;
use shutdown::Stage;
use state::State;

pub use ended::Ended;
pub use limits::drain;
pub use people::GeneratedUser;

/// How long a message to a gateway may take to arrive, by default. It may have 4 MiB.
const MESSAGE: Duration = Duration::from_secs(30);

/// Servers that have their ports, and do not answer yet.
pub struct Listening {
    sites: Vec<(TcpListener, Site, Limits)>,
    log: Log,
    issuer: Issuer,
    resource: Resource,
    /// The programs behind the gateways.
    programs: Programs,
    /// The store, if it is in a file.
    store: Option<Arc<SqliteStore>>,
    probe: Probe,
    ops: Option<Ops>,
    operators: Operators,
    /// The resources with a gateway, and the URLs or programs of their upstreams.
    pub gateways: Vec<(Resource, String)>,
    /// Sentences for the operator about settings that work, but hardly as intended.
    pub warnings: Vec<String>,
    /// The generated user, if no user is configured.
    pub generated_user: Option<GeneratedUser>,
}

/// The servers that run in this process.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Only {
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

impl Listening {
    /// Binds the ports and builds the servers. The state is in memory, unless `values` name a folder.
    ///
    /// # Errors
    /// [`Failure`] when a port is taken, a setting cannot be used, or the state cannot be opened.
    pub async fn start(values: &Values, log: Log) -> Result<Self, Failure> {
        Self::start_on(&Host::default(), values, log).await
    }

    /// The same. The state is in the folder of the host, unless `values` say otherwise.
    ///
    /// # Errors
    /// [`Failure`] when a port is taken, a setting cannot be used, or the state cannot be opened.
    pub async fn start_on(host: &Host, values: &Values, log: Log) -> Result<Self, Failure> {
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
        let mut ops = Ops::bind(values, &bound, &gateways).await?;
        if only == Only::Mcp {
            upstreams::refuse_foreign_identities(values, &config)?;
        }
        let (issuer, resource) = (config.issuer().clone(), config.resources().default().resource.clone());
        let by_introspection = only == Only::Mcp || values.is_on(&TUTORIAL)?;
        let mut people = People::read(values)?;
        let mut state = State::open(values, host, only).await?;
        let mut warnings = std::mem::take(&mut state.warnings);
        let keys = state.secrets.gateway_keys();
        warnings.extend(ops.as_ref().and_then(Ops::warning));
        let (log, counted, fetch) = ops::counted(&mut ops, log, state.store.as_ref());
        let server = auth::build(config, state.secrets.clone(), counted, fetch)?;
        let operators = Operators::listen(&state, server.server(), &mut warnings);
        let store = state.store;
        let programs = Programs::new();
        let mcp = match only {
            Only::Auth => None,
            Only::Both | Only::Mcp => {
                let told = (&log, &mut warnings);
                Some(Mcp::build(values, &server, by_introspection, keys, &programs, told).await?)
            }
        };
        let first = match only {
            Only::Mcp => FirstUser::NotNeeded,
            Only::Both | Only::Auth => people
                .first(server.server(), store.is_some(), host.is_terminal)
                .await
                .map_err(|error| Failure::new("adding a first user", error))?,
        };
        if matches!(first, FirstUser::Missing) {
            warnings.push("no user can sign in yet; add one with doorward admin add-person NAME".to_owned());
        }
        let served = Served { auth: server, people: Arc::new(people) };
        let (health, probe) = Health::of(store.clone(), log.clone());
        let reporting = Reporting { health, proxy_hint: ProxyHint::of(&issuer), log: log.clone() };
        let mcp = mcp.map(|mcp| (mcp, well_known));
        Ok(Self {
            sites: sites(bound, served, mcp, limits_with(limits, values), &reporting),
            log,
            issuer,
            resource,
            programs,
            store,
            probe,
            ops,
            operators,
            gateways,
            warnings,
            generated_user: first.generated(),
        })
    }

    /// The authorization server, if it runs here.
    pub fn server(&self) -> Option<&Server> {
        self.sites.iter().find_map(|(_, site, _)| Some(site.auth.as_ref()?.auth.server()))
    }

    /// The authorization server's issuer.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The address of the listener for monitoring, if there is one.
    pub fn ops(&self) -> Option<SocketAddr> {
        self.ops.as_ref().map(Ops::address)
    }

    /// The redirect URI to register at an OpenID provider.
    pub fn callback(&self) -> String {
        let paths = self.server().map(|server| server.config.paths().clone()).unwrap_or_default();
        self.issuer.url(paths.of(Mount::Callback))
    }

    /// The MCP server's URL.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Serves until the future is dropped, or the store is broken.
    pub async fn run(self) -> Ended {
        let (_sender, stage) = watch::channel(Stage::Serving);
        self.run_until(stage).await
    }

    /// Serves until `stage` ends it: see [`Listener::serve`]; or until the store is broken. Then it ends the programs behind
    /// gateways.
    pub async fn run_until(self, stage: watch::Receiver<Stage>) -> Ended {
        let Self { sites, log, programs, store, probe, ops, operators, .. } = self;
        let health = probe.health();
        let probing = tokio::spawn(probe.run(stage.clone()));
        let serving = sites.into_iter().map(|(listener, site, limits)| {
            let watch = ops.as_ref().map(|ops| ops.watch(&site));
            let (log, stage) = (log.clone(), stage.clone());
            let answer = move |request| {
                let site = site.clone();
                async move { Ok::<_, Infallible>(site.answer(request).await) }
            };
            let listener = Listener::new(listener, limits, move |trouble: &str| log.trouble(trouble));
            listener.watched_by(watch).serve(service_fn(answer), stage)
        });
        let serving: JoinSet<_> = serving.collect();
        // Its listener is there as long as the others, also while they drain.
        let _monitoring: JoinSet<_> =
            ops.into_iter().map(|ops| ops.serve(health.clone(), log.clone())).collect();
        let ended = tokio::select! {
            _ = serving.join_all() => Ended::Stopped,
            () = operators.serve(log.clone()) => Ended::Stopped,
            damage = ended::broken(store) => {
                log.store_broken(&damage);
                Ended::Broken
            }
        };
        // A broken store ends the process at once. Otherwise the probe has seen the end.
        probing.abort();
        programs.end().await;
        ended
    }
}

/// The servers of each listener. An MCP server has time limits of its own.
fn sites(
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

/// The limits of a listener of the authorization server, and of one of the MCP server.
fn limits_with(limits: Limits, values: &Values) -> (Limits, Limits) {
    let is_default = values.one(&BODY).is_none()
        && [UPSTREAM, UPSTREAM_COMMAND].iter().any(|setting| !values.all(setting).is_empty());
    let body = if is_default { MESSAGE } else { limits.body };
    (limits, Limits { answer: None, body, ..limits })
}

/// Refuses a resource whose path is one of the authorization server, if one listener serves both.
fn refuse_collisions(config: &Config) -> Result<(), Failure> {
    for resource in config.resources().iter().map(|known| &known.resource) {
        let path = resource.path().trim_end_matches('/');
        let is_taken =
            |endpoint: &&endpoint::Endpoint| endpoint.route.paths(config.paths()).any(|known| known == path);
        if path.is_empty() || endpoint::ALL.iter().any(is_taken) {
            return Err(Failure(format!(
                "--resource {resource}: the authorization server has this path on the same port; add a path such as /mcp, or \
                 give the MCP server a port of its own with --mcp-port"
            )));
        }
    }
    Ok(())
}
