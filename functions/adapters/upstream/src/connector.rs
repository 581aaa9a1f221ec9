//! Connects to the one target of an upstream, whatever the authority of a request's URI is.

use crate::address::AddressRule;
use crate::connection::OpenConnection;
use crate::tls::Tls;
use crate::{Settings, SettingsError};
use doorward::protocol::Target;
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::UnixStream;
use tower_service::Service;

/// The longest time of a connection's start: DNS, TCP and TLS together.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a TCP connection is idle before the operating system asks whether the other side still exists.
const TCP_KEEP_ALIVE: Duration = Duration::from_secs(60);
/// How often it asks again without an answer, and after which time each, before the connection fails.
const TCP_PROBES: u32 = 3;
const TCP_PROBE_INTERVAL: Duration = Duration::from_secs(15);

type Cause = Box<dyn Error + Send + Sync>;

/// No connection was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoConnection {
    #[error("no connection within {} s", CONNECT.as_secs())]
    Late,
    #[error("connecting failed")]
    Failed(#[source] Cause),
}

/// No address of the host may be connected to.
#[derive(Debug, thiserror::Error)]
enum Forbidden {
    #[error("the host has no private or loopback address, which plain http needs; use https")]
    NotPrivate,
    #[error("the host has link-local or other forbidden addresses only")]
    Always,
}

/// Connects to one target.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Way>);

enum Way {
    Tcp { http: HttpConnector<Resolver>, uri: Uri, tls: Option<Tls> },
    Unix(PathBuf),
}

impl Connector {
    /// The connector for this target.
    pub(crate) fn new(target: Target, settings: &Settings) -> Result<Self, SettingsError> {
        let way = match target {
            Target::Unix(socket) => Way::Unix(socket),
            Target::Tcp { tls, host, port } => {
                let rule = AddressRule { private_only: !tls, loopback: settings.loopback };
                let http = tcp(Resolver { host: host.as_str().into(), port, rule });
                let tls = tls.then(|| Tls::new(&host, settings.ca.as_deref())).transpose()?;
                // The resolver knows the host. An IP address here would not reach the resolver, nor its checks.
                let uri = format!("http://upstream.invalid:{port}");
                let uri = uri.parse().map_err(|_| SettingsError::Host(host))?;
                Way::Tcp { http, uri, tls }
            }
        };
        Ok(Self(Arc::new(way)))
    }
}

fn tcp(resolver: Resolver) -> HttpConnector<Resolver> {
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(TCP_KEEP_ALIVE));
    tcp.set_keepalive_interval(Some(TCP_PROBE_INTERVAL));
    tcp.set_keepalive_retries(Some(TCP_PROBES));
    // The connector divides it by the number of addresses, so each of them gets its turn.
    tcp.set_connect_timeout(Some(CONNECT));
    tcp
}

impl Way {
    async fn connect(&self) -> Result<OpenConnection, Cause> {
        let (stream, tls) = match self {
            Self::Unix(socket) => return Ok(UnixStream::connect(socket).await?.into()),
            Self::Tcp { http, uri, tls } => (http.clone().call(uri.clone()).await?, tls),
        };
        Ok(match tls {
            Some(tls) => tls.connector.connect(tls.name.clone(), stream.into_inner()).await?.into(),
            None => stream.into(),
        })
    }
}

impl Service<Uri> for Connector {
    type Response = OpenConnection;
    type Error = NoConnection;
    type Future = Pin<Box<dyn Future<Output = Result<OpenConnection, NoConnection>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoConnection>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let way = self.0.clone();
        Box::pin(async move {
            let connected = tokio::time::timeout(CONNECT, way.connect()).await;
            connected.map_err(|_| NoConnection::Late)?.map_err(NoConnection::Failed)
        })
    }
}

/// DNS resolver for one host, whatever name it is asked for. Connections are made to exactly the addresses that it
/// returns.
#[derive(Clone)]
struct Resolver {
    host: Arc<str>,
    port: u16,
    rule: AddressRule,
}

impl Resolver {
    async fn addresses(self) -> Result<std::vec::IntoIter<SocketAddr>, Cause> {
        let found = tokio::net::lookup_host((&*self.host, self.port)).await?;
        let allowed: Vec<SocketAddr> = found.filter(|address| self.rule.allows(address.ip())).collect();
        if allowed.is_empty() {
            let why = if self.rule.private_only { Forbidden::NotPrivate } else { Forbidden::Always };
            return Err(why.into());
        }
        Ok(allowed.into_iter())
    }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Cause;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Cause>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        Box::pin(self.clone().addresses())
    }
}
