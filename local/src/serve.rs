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
mod one_origin;
mod operators;
mod ops;
mod people;
mod plan;
mod proxy_hint;
pub mod secret;
pub mod shutdown;
mod site;
pub(crate) mod state;
pub mod stdio;
mod supervisor;
mod upstreams;
mod watched_site;
mod well_known;

use crate::Failure;
use crate::log::{Log, Recent};
use auth::Served;
use doorward::config::SignInProvider;
use doorward::protocol::{Issuer, Resource};
use doorward::server::Server;
use doorward_settings::{TUTORIAL, Values};
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
use stdio::Programs;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::state::Host;
use operators::Operators;
use people::People;
use plan::{Only, Plan};
use proxy_hint::ProxyHint;
use shutdown::Stage;
use state::State;

pub(crate) use address::PORTS;
pub use ended::Ended;
pub use limits::drain;
pub use people::GeneratedUser;

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
        let plan = Plan::read(values, host).await?;
        let only = plan.only;
        let mut people = People::read(values)?;
        let mut state = State::open(values, host, only).await?;
        let mut warnings = std::mem::take(&mut state.warnings);
        warnings.extend(one_origin::warning(&plan.config, &plan.bound));
        let Plan { bound, config, limits, well_known, gateways, mut ops, .. } = plan;
        let (issuer, resource) = (config.issuer().clone(), config.resources().default().resource.clone());
        warnings.extend(ops.as_ref().and_then(Ops::warning));
        let (log, counted, fetch) = ops::counted(&mut ops, log, state.store.as_ref());
        let server = auth::build(config, state.secrets.clone(), counted, fetch)?;
        let recent = Recent::default();
        let log = log.kept_in(recent.clone());
        let operators = Operators::listen(&state, server.server(), recent, &mut warnings);
        let programs = Programs::new();
        let mcp = match only {
            Only::Auth => None,
            Only::Both | Only::Mcp => {
                let by_introspection = only == Only::Mcp || values.is_on(&TUTORIAL)?;
                let (keys, told) = (state.secrets.gateway_keys(), (&log, &mut warnings));
                let mcp = Mcp::build(values, &server, by_introspection, keys, &programs, told).await?;
                Some((mcp, well_known))
            }
        };
        let (store, paths) = (state.store, state.paths);
        let generated_user = match only {
            Only::Mcp => None,
            Only::Both | Only::Auth => {
                let first =
                    people.first(server.server(), store.is_some(), host.is_terminal, &mut warnings).await;
                first.map_err(|failure| match &paths {
                    Some((folder, _)) => state::unreadable(folder, &failure),
                    None => failure,
                })?
            }
        };
        let (health, probe) = Health::of(store.clone(), log.clone());
        let reporting = Reporting { health, proxy_hint: ProxyHint::of(&issuer), log: log.clone() };
        let served = Served { auth: server, people: Arc::new(people) };
        Ok(Self {
            sites: site::sites(bound, served, mcp, limits, &reporting),
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
            generated_user,
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

    /// The issuer of each provider at which users sign in, and the redirect URI to register there.
    pub fn callbacks(&self) -> Vec<(&str, String)> {
        let Some(config) = self.server().map(|server| &server.config) else { return Vec::new() };
        let callback = |provider: &SignInProvider| self.issuer.url(&provider.callback_path(config.paths()));
        config.providers().iter().map(|provider| (provider.issuer(), callback(provider))).collect()
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
            let (site, log, stage) = (Arc::new(site), log.clone(), stage.clone());
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
        match ended {
            // The probe sees the end too, perhaps later. Then it tells the supervisor.
            Ended::Stopped => drop(probing.await),
            Ended::Broken => probing.abort(),
        }
        programs.end().await;
        ended
    }
}
