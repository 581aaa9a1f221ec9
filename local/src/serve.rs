//! `doorward serve`: the authorization server and the MCP server in one process, or one of them, in memory.

mod config;
mod logo;
mod people;
mod secret;

use crate::Failure;
use crate::log::Log;
use axum::body::{Body, Bytes, to_bytes};
use axum::{Router, extract::Request, response::Response};
use config::Addresses;
use doorward::answer::{MAX_BODY, too_large};
use doorward::config::Config;
use doorward::endpoint::{self, Endpoint};
use doorward::guard::{Guard, Verify};
use doorward::jose::{Signer, TokenKeys};
use doorward::language::Language;
use doorward::protocol::{Issuer, Refusal, Resource, paths};
use doorward::provider::Provider;
use doorward::sealed::{Keys, Purpose, RootSecret};
use doorward::server::{Parts, Server};
use doorward::store::Stores;
use doorward_outbound::{Credentials, Introspector, OutboundClient};
use doorward_passwords::Argon2id;
use doorward_settings::{AUTH_HOST, AUTH_PORT, MCP_HOST, MCP_PORT, ONLY, SECRET_FILE, TUTORIAL, Values};
use doorward_signing::{Es256, SystemClock, SystemEntropy};
use doorward_tools::McpServer;
use std::{future::pending, path::Path, sync::Arc};
use tokio::net::TcpListener;

use people::People;
use secret::Secrets;

pub use people::GeneratedUser;

/// Servers that listen, and have yet to answer.
pub struct Listening {
    auth: Option<(TcpListener, Served)>,
    mcp: Option<(TcpListener, McpServer, Log)>,
    issuer: Issuer,
    resource: Resource,
    /// The person that was made up because none was configured.
    pub generated_user: Option<GeneratedUser>,
}

/// Where people sign in.
const SIGN_IN: [&Endpoint; 2] = [&endpoint::AUTHORIZE, &endpoint::ACCOUNT];

/// The authorization server as it is served here. A clone shares everything.
#[derive(Clone)]
struct Served {
    server: Server,
    people: Arc<People>,
    log: Log,
}

/// What of the two runs.
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
    /// Takes the ports and puts the servers together.
    ///
    /// # Errors
    /// [`Failure`] when a port is taken or a setting cannot be used.
    pub async fn start(values: &Values, log: Log) -> Result<Self, Failure> {
        let only = Only::of(values)?;
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
        let (issuer, resource) = (config.issuer().clone(), config.resources().default().resource.clone());
        let by_introspection = only == Only::Mcp || values.is_on(&TUTORIAL)?;
        let from_elsewhere = config.provider().is_some();
        let server = server(config, &secrets(values)?);
        let mcp_server = match only {
            Only::Auth => None,
            Only::Both | Only::Mcp => Some(McpServer::new(guard(&server, by_introspection, mcp_secret)?)),
        };
        let (people, generated_user) =
            if from_elsewhere { (People::elsewhere(), None) } else { People::read(values)? };
        Ok(Self {
            mcp: mcp.listener.zip(mcp_server).map(|(listener, server)| (listener, server, log.clone())),
            auth: auth.listener.map(|listener| (listener, Served { server, people: Arc::new(people), log })),
            issuer,
            resource,
            generated_user: generated_user.filter(|_| only != Only::Mcp),
        })
    }

    /// The authorization server, if it runs here.
    pub fn server(&self) -> Option<&Server> {
        self.auth.as_ref().map(|(_, served)| &served.server)
    }

    /// The authorization server's issuer.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The MCP server's URL.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Answers until the process ends.
    ///
    /// # Errors
    /// [`Failure`] when a listener breaks.
    pub async fn run(self) -> Result<(), Failure> {
        let auth = async {
            let Some((listener, served)) = self.auth else { return pending().await };
            axum::serve(listener, Router::new().fallback(move |request| served.clone().answer(request))).await
        };
        let mcp = async {
            let Some((listener, mcp, log)) = self.mcp else { return pending().await };
            let answer = async move |request: Request| {
                let answer = mcp.answer(request).await;
                log.write(&answer);
                answer
            };
            axum::serve(listener, Router::new().fallback(answer)).await
        };
        tokio::try_join!(auth, mcp).map(|_| ()).map_err(|error| Failure::new("serving", error))
    }
}

/// A listener, if one was asked for, and the URL by which it is reached from this machine.
struct Bound {
    listener: Option<TcpListener>,
    url: String,
    is_loopback: bool,
}

/// Takes the port, unless somebody else serves there.
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

fn secrets(values: &Values) -> Result<Secrets, Failure> {
    values.one(&SECRET_FILE).map_or_else(|| Ok(Secrets::draw()), |path| Secrets::keep(Path::new(path)))
}

fn server(config: Config, secrets: &Secrets) -> Server {
    let entropy = Arc::new(SystemEntropy);
    let signer = |root: &RootSecret| Es256::new(&root.derive(Purpose::AccessTokens));
    let retired = secrets.older.iter().map(|root| signer(root).public_key().clone());
    let token_keys = TokenKeys::signing(Arc::new(signer(&secrets.newest)), retired);
    let documents = doorward_outbound::documents(config.issuer());
    let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Server::new(Parts {
        config,
        keys: Keys::derive(&secrets.newest, &secrets.older),
        stores: Stores::in_memory(),
        documents,
        token_keys,
        passwords: Arc::new(Argon2id::new(at_once, entropy.clone())),
        authenticator: None,
        provider: Arc::new(Provider::new(Arc::new(OutboundClient::default()))),
        clock: Arc::new(SystemClock),
        entropy,
    })
}

/// The guard of our own MCP server. Beside the authorization server it knows the public key; elsewhere, and in the
/// tutorial, which is about that, it asks.
fn guard(server: &Server, by_introspection: bool, secret: Option<String>) -> Result<Guard, Failure> {
    let resource = server.config.resources().default().clone();
    let issuer = server.config.issuer().clone();
    let verify = if by_introspection {
        let http =
            doorward_outbound::http().map_err(|error| Failure::new("starting the HTTP client", error))?;
        let credentials = secret.map(|secret| Credentials { id: resource.resource.to_string(), secret });
        Verify::Introspection(Arc::new(Introspector::new(http, issuer.url(paths::INTROSPECT), credentials)))
    } else {
        Verify::of(&server.config, server.token_keys.public_keys().to_vec(), server.stores.grants().clone())
    };
    Ok(Guard::new(resource, issuer, verify, server.clock.clone()))
}

impl Served {
    async fn answer(self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let response = match to_bytes(body, MAX_BODY).await {
            Ok(body) => self.validate(Request::from_parts(parts, body)).await,
            Err(_) => too_large(&self.server),
        };
        self.log.write(&response);
        response.map(Body::from)
    }

    async fn validate(&self, request: http::Request<Bytes>) -> doorward::wire::Response {
        if SIGN_IN.iter().any(|endpoint| {
            endpoint.route.paths(self.server.config.paths()).any(|path| path == request.uri().path())
        }) && let Err(error) = self.people.introduce(&self.server).await
        {
            return Refusal::temporarily_unavailable(&error)
                .page(&self.server, Language::of(request.headers()));
        }
        doorward::answer(self.server.clone(), request).await
    }
}
