//! `doorward serve`: the authorization server and the MCP server in one process, in memory.

mod people;
mod secret;

use crate::Failure;
use crate::clock::SystemClock;
use crate::log::Log;
use crate::settings::{
    AUTH_HOST, AUTH_PORT, ISSUER, MCP_HOST, MCP_PORT, RESOURCE, RESOURCE_SECRET, SECRET_FILE, Settings,
};
use axum::body::{Body, to_bytes};
use axum::{Router, extract::Request, response::Response};
use doorward::answer::{MAX_BODY, too_large};
use doorward::config::{Config, Lifetimes};
use doorward::guard::Guard;
use doorward::keyring::RootSecret;
use doorward::keys::Keys;
use doorward::protocol::protected_resource::{OfferedScope, ProtectedResource, Resources};
use doorward::protocol::{digest::Digest, issuer::Issuer, resource::Resource, scope::Scope};
use doorward::server::{Parts, Server};
use doorward::store::memory::MemoryStore;
use doorward_passwords::Argon2id;
use doorward_signing::{Es256, SystemEntropy};
use doorward_tools::McpServer;
use std::{net::SocketAddr, path::Path, sync::Arc};
use tokio::net::TcpListener;

pub use people::MadeUp;

/// A server that listens, and has yet to answer.
pub struct Listening {
    auth: TcpListener,
    mcp: TcpListener,
    server: Server,
    mcp_server: McpServer,
    log: Log,
    /// The person that was made up because none was configured.
    pub made_up: Option<MadeUp>,
}

impl Listening {
    /// Takes both ports and puts the servers together.
    ///
    /// # Errors
    /// [`Failure`] when a port is taken or a setting cannot be used.
    pub async fn start(settings: &Settings, log: Log) -> Result<Self, Failure> {
        let auth = bind(settings.one(&AUTH_HOST), settings.one(&AUTH_PORT).unwrap_or("9000")).await?;
        let mcp = bind(settings.one(&MCP_HOST), settings.one(&MCP_PORT).unwrap_or("8000")).await?;
        let config =
            config(settings, &url(settings.one(&AUTH_HOST), &auth)?, &url(settings.one(&MCP_HOST), &mcp)?)?;
        let root = match settings.one(&SECRET_FILE) {
            Some(path) => secret::keep(Path::new(path))?,
            None => secret::draw(),
        };
        let server = server(config, &root);
        let guard = guard(&server);
        let made_up = people::introduce(&server, settings).await?;
        Ok(Self { auth, mcp, server, mcp_server: McpServer::new(guard), log, made_up })
    }

    /// The authorization server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The authorization server's issuer.
    pub fn issuer(&self) -> &Issuer {
        &self.server.config.issuer
    }

    /// The MCP server's URL.
    pub fn resource(&self) -> &Resource {
        &self.server.config.resources.default().resource
    }

    /// Answers until the process ends.
    ///
    /// # Errors
    /// [`Failure`] when a listener breaks.
    pub async fn run(self) -> Result<(), Failure> {
        let (server, log) = (self.server, self.log);
        let auth = Router::new().fallback(move |request| answer(server.clone(), log.clone(), request));
        let mcp_server = self.mcp_server;
        let mcp = Router::new().fallback(async move |request: Request| mcp_server.answer(request).await);
        let serving = async { tokio::try_join!(axum::serve(self.auth, auth), axum::serve(self.mcp, mcp)) };
        serving.await.map(|_| ()).map_err(|error| Failure::new("serving", error))
    }
}

async fn bind(host: Option<&str>, port: &str) -> Result<TcpListener, Failure> {
    let address = format!("{}:{port}", host.unwrap_or("127.0.0.1"));
    let hint = "choose others with --auth-port and --mcp-port; 0 takes a free one";
    TcpListener::bind(&address).await.map_err(|error| {
        Failure::new(format_args!("listening on {address}"), format_args!("{error}; {hint}"))
    })
}

/// The URL by which a listener is reached from this machine, under the name that was configured for it.
fn url(host: Option<&str>, listener: &TcpListener) -> Result<String, Failure> {
    let address: SocketAddr = listener.local_addr().map_err(|error| Failure::new("listening", error))?;
    Ok(format!("http://{}:{}", host.unwrap_or("127.0.0.1"), address.port()))
}

fn config(settings: &Settings, auth: &str, mcp: &str) -> Result<Config, Failure> {
    let issuer = Issuer::parse(settings.one(&ISSUER).unwrap_or(auth))
        .map_err(|error| Failure::new("--issuer", error))?;
    let ours = [format!("{mcp}/mcp=user")];
    let given = settings.all(&RESOURCE);
    let resources = if given.is_empty() { &ours } else { given };
    let mut resources: Vec<_> = resources.iter().map(|text| resource(text)).collect::<Result<_, _>>()?;
    for text in settings.all(&RESOURCE_SECRET) {
        give_secret(&mut resources, text)?;
    }
    let resources = Resources::new(resources).map_err(|error| Failure::new("--resource", error))?;
    Ok(Config { issuer, resources, lifetimes: Lifetimes::default() })
}

/// Reads `URL=SCOPE,SCOPE`.
fn resource(text: &str) -> Result<ProtectedResource, Failure> {
    let failure = |why: &dyn std::fmt::Display| Failure::new(format_args!("--resource {text}"), why);
    let (url, scopes) = text.rsplit_once('=').ok_or_else(|| failure(&"has no =SCOPE behind the URL"))?;
    let resource = Resource::parse(url).map_err(|error| failure(&error))?;
    let scopes = scopes.split(',').map(|name| {
        let scope = Scope::parse(name).map_err(|error| failure(&error))?;
        Ok(OfferedScope { scope, description: describe(name) })
    });
    let name = resource.authority().to_owned();
    Ok(ProtectedResource { name, scopes: scopes.collect::<Result<_, _>>()?, resource, secret: None })
}

/// Reads `URL=SECRET`, which is not repeated in what is said about it.
fn give_secret(resources: &mut [ProtectedResource], text: &str) -> Result<(), Failure> {
    let failure = |why: &str| Failure::new("--resource-secret", why);
    let pair = resources.iter_mut().find_map(|known| {
        let secret = text.strip_prefix(known.resource.as_str())?.strip_prefix('=')?;
        Some((known, secret)).filter(|(_, secret)| !secret.is_empty())
    });
    let (resource, secret) = pair.ok_or_else(|| failure("needs URL=SECRET with the URL of a --resource"))?;
    match resource.secret.replace(Digest::of(secret)) {
        None => Ok(()),
        Some(_) => Err(failure("is given twice for one resource")),
    }
}

fn describe(scope: &str) -> String {
    match scope {
        "user" => "see who you are, and your own data".to_owned(),
        other => format!("use the permission “{other}”"),
    }
}

fn server(config: Config, root: &RootSecret) -> Server {
    let entropy = Arc::new(SystemEntropy);
    let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Server::new(Parts {
        config,
        keys: Keys::derive(root, &[]),
        store: Arc::new(MemoryStore::default()),
        signer: Arc::new(Es256::derive(root)),
        passwords: Arc::new(Argon2id::new(at_once, entropy.clone())),
        clock: Arc::new(SystemClock),
        entropy,
    })
}

fn guard(server: &Server) -> Guard {
    let resource = server.config.resources.default().clone();
    let keys = vec![server.signer.public_key().clone()];
    Guard::new(resource, server.config.issuer.clone(), keys, server.clock.clone())
}

async fn answer(server: Server, log: Log, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let response = match to_bytes(body, MAX_BODY).await {
        Ok(body) => doorward::answer(server, Request::from_parts(parts, body)).await,
        Err(_) => too_large(&server),
    };
    log.write(&response);
    response.map(Body::from)
}
