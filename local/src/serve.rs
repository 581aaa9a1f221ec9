//! `doorward serve`: the authorization server and the MCP server in one process, or one of them, in memory.

mod config;
mod limits;
pub mod listener;
mod logo;
mod people;
pub mod secret;
pub mod shutdown;

use crate::Failure;
use crate::log::Log;
use bytes::Bytes;
use config::Addresses;
use doorward::config::Config;
use doorward::endpoint::{self, Endpoint};
use doorward::guard::{Guard, Verify};
use doorward::language::Language;
use doorward::protocol::{Issuer, Mount, Refusal, Resource};
use doorward::server::Server;
use doorward_outbound::{Credentials, Introspector};
use doorward_settings::{AUTH_HOST, AUTH_PORT, MCP_HOST, MCP_PORT, ONLY, SECRET_FILE, TUTORIAL, Values};
use doorward_signing::SystemClock;
use doorward_tools::McpServer;
use doorward_tower::AuthorizationServer;
use http::{Request, Response};
use http_body_util::Full;
use hyper::service::service_fn;
use listener::{Limits, Listener, Peer, Received};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::{path::Path, sync::Arc};
use tokio::net::TcpListener;
use tokio::sync::watch;

use people::People;
use secret::Secrets;
use shutdown::Stage;

pub use limits::drain;
pub use people::GeneratedUser;

/// Servers that have their ports, and do not answer yet.
pub struct Listening {
    auth: Option<(TcpListener, Served)>,
    mcp: Option<(TcpListener, McpServer)>,
    limits: Limits,
    log: Log,
    issuer: Issuer,
    resource: Resource,
    /// Sentences for the operator about settings that work, but hardly as intended.
    pub warnings: Vec<String>,
    /// The generated user, if no user is configured.
    pub generated_user: Option<GeneratedUser>,
}

/// The endpoints with a sign-in page.
const SIGN_IN: [&Endpoint; 2] = [&endpoint::AUTHORIZE, &endpoint::ACCOUNT];

/// The authorization server with its configured users. A clone shares everything.
#[derive(Clone)]
struct Served {
    auth: AuthorizationServer,
    people: Arc<People>,
    log: Log,
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
    /// Binds the ports and builds the servers.
    ///
    /// # Errors
    /// [`Failure`] when a port is taken or a setting cannot be used.
    pub async fn start(values: &Values, log: Log) -> Result<Self, Failure> {
        let only = Only::of(values)?;
        let limits = limits::read(values)?;
        let auth =
            bind(only != Only::Mcp, values.one(&AUTH_HOST), values.one(&AUTH_PORT).unwrap_or("9000")).await?;
        let mcp =
            bind(only != Only::Auth, values.one(&MCP_HOST), values.one(&MCP_PORT).unwrap_or("8000")).await?;
        let addresses = Addresses { auth: auth.url.clone(), mcp: mcp.url.clone() };
        let config = config::read(values, &addresses)?;
        let mcp_secret = config::mcp_secret(values, &config);
        let all_local = auth.is_loopback && mcp.is_loopback;
        if values.is_on(&TUTORIAL)? && !all_local {
            return Err(Failure(
                "--tutorial loosens security rules; use it on 127.0.0.1 or localhost only".into(),
            ));
        }
        let warnings = warnings(values, only);
        let (issuer, resource) = (config.issuer().clone(), config.resources().default().resource.clone());
        let by_introspection = only == Only::Mcp || values.is_on(&TUTORIAL)?;
        let from_elsewhere = config.provider().is_some();
        let server = server(config, secrets(values)?)?;
        let mcp_server = match only {
            Only::Auth => None,
            Only::Both | Only::Mcp => Some(McpServer::new(guard(&server, by_introspection, mcp_secret)?)),
        };
        let (people, generated_user) =
            if from_elsewhere { (People::elsewhere(), None) } else { People::read(values)? };
        Ok(Self {
            mcp: mcp.listener.zip(mcp_server),
            auth: auth.listener.map(|listener| {
                (listener, Served { auth: server, people: Arc::new(people), log: log.clone() })
            }),
            limits,
            log,
            issuer,
            resource,
            warnings,
            generated_user: generated_user.filter(|_| only != Only::Mcp),
        })
    }

    /// The authorization server, if it runs here.
    pub fn server(&self) -> Option<&Server> {
        self.auth.as_ref().map(|(_, served)| served.auth.server())
    }

    /// The authorization server's issuer.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
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

    /// Serves until the future is dropped.
    pub async fn run(self) {
        let (_sender, stage) = watch::channel(Stage::Serving);
        self.run_until(stage).await;
    }

    /// Serves until `stage` ends it: see [`Listener::serve`].
    pub async fn run_until(self, stage: watch::Receiver<Stage>) {
        let Self { auth, mcp, limits, log, .. } = self;
        let report = |log: Log| move |trouble: &str| log.trouble(trouble);
        let auth = async {
            let Some((listener, served)) = auth else { return };
            let answer = move |request| {
                let served = served.clone();
                async move { Ok::<_, Infallible>(served.answer(request).await) }
            };
            Listener::new(listener, limits, report(log.clone()))
                .serve(service_fn(answer), stage.clone())
                .await;
        };
        let mcp = async {
            let Some((listener, mcp)) = mcp else { return };
            let (limits, events) = (Limits { answer: None, ..limits }, log.clone());
            let answer = move |request: Request<Received>| {
                let (mcp, log, peer) = (mcp.clone(), events.clone(), peer(&request));
                async move {
                    let answer = mcp.answer(request).await;
                    log.write_all(&answer, peer);
                    Ok::<_, Infallible>(answer)
                }
            };
            Listener::new(listener, limits, report(log.clone()))
                .serve(service_fn(answer), stage.clone())
                .await;
        };
        tokio::join!(auth, mcp);
    }
}

/// A listener, if the server runs in this process, and its URL on this machine.
struct Bound {
    listener: Option<TcpListener>,
    url: String,
    is_loopback: bool,
}

/// Binds the port, unless the server runs in another process.
async fn bind(here: bool, host: Option<&str>, port: &str) -> Result<Bound, Failure> {
    let host = host.unwrap_or("127.0.0.1");
    let address = format!("{host}:{port}");
    if !here {
        return Ok(Bound { listener: None, url: format!("http://{address}"), is_loopback: true });
    }
    let hint = "choose another port with --auth-port or --mcp-port; 0 takes a free port";
    let failure =
        |error| Failure::new(format_args!("listening on {address}"), format_args!("{error}; {hint}"));
    let listener = TcpListener::bind(&address).await.map_err(failure)?;
    let bound = listener.local_addr().map_err(failure)?;
    let (url, is_loopback) = (format!("http://{host}:{}", bound.port()), bound.ip().is_loopback());
    Ok(Bound { listener: Some(listener), url, is_loopback })
}

/// What the operator should know about settings that are accepted.
fn warnings(values: &Values, only: Only) -> Vec<String> {
    let is_lost = only != Only::Mcp && values.one(&SECRET_FILE).is_none();
    let lost = "there is no home directory for the root secret, so it is random: all client ids, sessions and tokens end with \
                this process; to keep them, give --secret-file PATH (DOORWARD_SECRET_FILE) on a disk that stays";
    is_lost.then(|| lost.to_owned()).into_iter().collect()
}

fn secrets(values: &Values) -> Result<Secrets, Failure> {
    values
        .one(&SECRET_FILE)
        .map_or_else(|| Ok(Secrets::generate()), |path| Secrets::read_or_create(Path::new(path)))
}

fn server(config: Config, secrets: Secrets) -> Result<AuthorizationServer, Failure> {
    let builder = AuthorizationServer::builder(config, secrets.newest).older_secrets(secrets.older);
    builder.build().map_err(|error| Failure(error.to_string()))
}

/// The address of the client's end of the connection.
fn peer(request: &Request<Received>) -> Option<SocketAddr> {
    request.extensions().get::<Peer>().map(|peer| peer.0)
}

/// The guard of the MCP server. Beside the authorization server it has the keys. Away from it, and in the tutorial, which
/// is about that, it introspects.
fn guard(
    auth: &AuthorizationServer,
    by_introspection: bool,
    secret: Option<String>,
) -> Result<Guard, Failure> {
    if !by_introspection {
        return Ok(auth.guard());
    }
    let config = &auth.server().config;
    let (resource, issuer) = (config.resources().default().clone(), config.issuer().clone());
    let http = doorward_outbound::http().map_err(|error| Failure::new("starting the HTTP client", error))?;
    let credentials = secret.map(|secret| Credentials { id: resource.resource.to_string(), secret });
    let introspector = Introspector::new(http, issuer.url(config.paths().of(Mount::Introspect)), credentials);
    Ok(Guard::new(resource, issuer, Verify::Introspection(Arc::new(introspector)), Arc::new(SystemClock)))
}

impl Served {
    /// Answers a request. Configured users are added to the store at the first request for a sign-in page, because
    /// hashing their passwords takes long.
    async fn answer(self, request: Request<Received>) -> Response<Full<Bytes>> {
        let peer = peer(&request);
        let response = self.respond(request).await;
        self.log.write_all(&response, peer);
        response
    }

    async fn respond(&self, request: Request<Received>) -> Response<Full<Bytes>> {
        let server = self.auth.server();
        let (paths, path) = (server.config.paths(), request.uri().path());
        let is_sign_in =
            SIGN_IN.iter().any(|endpoint| endpoint.route.paths(paths).any(|known| known == path));
        if is_sign_in && let Err(error) = self.people.add_to_store(server).await {
            let language = Language::of(request.headers());
            return Refusal::temporarily_unavailable(&error).page(server, language).map(Full::new);
        }
        self.auth.answer(request).await
    }
}
