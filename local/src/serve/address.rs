//! The addresses of the two servers: two listeners, or one for both.

use crate::Failure;
use doorward::protocol::Target;
use doorward_settings::{AUTH_HOST, AUTH_PORT, MCP_HOST, MCP_PORT, Setting, Values, number};
use std::io::{Error, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener as StdListener};
use std::ops::RangeInclusive;
use tokio::net::TcpListener;

/// Zero takes a free port.
pub(crate) const PORTS: RangeInclusive<u64> = 0..=65_535;

/// The addresses at which the servers listen, and their URLs on this machine.
pub(super) struct Bound {
    /// The listener of the authorization server, if it runs here.
    pub(super) auth: Option<TcpListener>,
    /// The listener of the MCP server, if it runs here and has its own.
    pub(super) mcp: Option<TcpListener>,
    /// Whether the listener of the authorization server is also that of the MCP server.
    pub(super) is_one: bool,
    pub(super) auth_url: String,
    pub(super) mcp_url: String,
    pub(super) is_loopback: bool,
}

impl Bound {
    /// Binds the ports of the servers that run here, or takes the inherited listeners with these ports. If both servers have the
    /// same port, one listener serves both.
    pub(super) async fn bind(
        values: &Values,
        auth: bool,
        mcp: bool,
        inherited: &[StdListener],
    ) -> Result<Self, Failure> {
        let of = |host, port, default| {
            let host = values.one(host).unwrap_or("127.0.0.1");
            (host, values.one(port).unwrap_or(default))
        };
        let (auth_address, mcp_address) =
            (of(&AUTH_HOST, &AUTH_PORT, "9000"), of(&MCP_HOST, &MCP_PORT, "8000"));
        let is_one = auth && mcp && auth_address.1 == mcp_address.1 && auth_address.1 != "0";
        if is_one && auth_address.0 != mcp_address.0 {
            return Err(Failure(format!(
                "--mcp-port: is that of --auth-port, so --mcp-host must be that of --auth-host, {}: one listener serves \
                 both servers",
                auth_address.0
            )));
        }
        for setting in [&AUTH_PORT, &MCP_PORT] {
            number(values, setting, PORTS)?;
        }
        let inherited = &mut Inherited::of(inherited)?;
        let auth = bind(auth, auth_address, &AUTH_PORT, inherited).await?;
        let mcp = if is_one { auth.beside() } else { bind(mcp, mcp_address, &MCP_PORT, inherited).await? };
        inherited.refuse_rest()?;
        Ok(Self {
            is_loopback: auth.is_loopback && mcp.is_loopback,
            auth: auth.listener,
            mcp: mcp.listener,
            is_one,
            auth_url: auth.url,
            mcp_url: mcp.url,
        })
    }

    /// The server whose listener has this address, or one that overlaps with it.
    pub(super) fn overlapping(&self, address: SocketAddr) -> Option<&'static str> {
        let overlaps = |listener: &Option<TcpListener>| {
            let own = listener.as_ref().and_then(|listener| listener.local_addr().ok());
            own.is_some_and(|own| {
                let any = own.ip().is_unspecified() || address.ip().is_unspecified();
                own.port() == address.port() && (any || own.ip() == address.ip())
            })
        };
        let all = [(&self.auth, "authorization server"), (&self.mcp, "MCP server")];
        all.into_iter().find(|(listener, _)| overlaps(listener)).map(|(_, server)| server)
    }

    /// The URL of the listener at this target, if it is one of these.
    pub(super) fn is_at(&self, target: &Target) -> Option<&str> {
        let Target::Tcp { host, port, .. } = target else { return None };
        let address: Option<IpAddr> = host.parse().ok();
        let is_here = host.eq_ignore_ascii_case("localhost")
            || address.is_some_and(|address| address.is_loopback() || address.is_unspecified());
        let has_port = |listener: &Option<TcpListener>| {
            listener
                .as_ref()
                .is_some_and(|listener| listener.local_addr().is_ok_and(|own| own.port() == *port && is_here))
        };
        let found = [(&self.auth, &self.auth_url), (&self.mcp, &self.mcp_url)];
        found.into_iter().find(|(listener, _)| has_port(listener)).map(|(_, url)| url.as_str())
    }
}

/// Listeners that a supervisor has opened, with their addresses.
struct Inherited(Vec<(SocketAddr, TcpListener)>);

impl Inherited {
    fn of(listeners: &[StdListener]) -> Result<Self, Failure> {
        let usable = |listener: &StdListener| {
            let listener = listener.try_clone()?;
            listener.set_nonblocking(true)?;
            Ok((listener.local_addr()?, TcpListener::from_std(listener)?))
        };
        let all = listeners.iter().map(usable).collect::<std::io::Result<_>>();
        all.map(Self).map_err(|error| Failure::new("taking over a socket of the supervisor", error))
    }

    /// Takes the listener with this port.
    fn take(&mut self, port: &str) -> Option<TcpListener> {
        let found = self.0.iter().position(|(address, _)| address.port().to_string() == port)?;
        Some(self.0.swap_remove(found).1)
    }

    /// Callers of a listener that no server takes would wait for ever.
    fn refuse_rest(&self) -> Result<(), Failure> {
        let Some((address, _)) = self.0.first() else { return Ok(()) };
        Err(Failure(format!(
            "the supervisor passed the socket {address}, but no server here has the port {}; give it to one with --auth-port or \
             --mcp-port",
            address.port()
        )))
    }
}

/// A listener, if the server runs in this process, and its URL on this machine.
struct Address {
    listener: Option<TcpListener>,
    url: String,
    is_loopback: bool,
}

impl Address {
    /// The same address for another server.
    fn beside(&self) -> Self {
        Self { listener: None, url: self.url.clone(), is_loopback: self.is_loopback }
    }
}

/// Binds the port, unless the server runs in another process.
async fn bind(
    here: bool,
    (host, port): (&str, &str),
    setting: &Setting,
    inherited: &mut Inherited,
) -> Result<Address, Failure> {
    let address = format!("{host}:{port}");
    if !here {
        return Ok(Address { listener: None, url: format!("http://{address}"), is_loopback: true });
    }
    let failure = |error: Error| {
        let is_running = match error.kind() {
            ErrorKind::AddrInUse => "is doorward running already? Otherwise ",
            _ => "",
        };
        let hint =
            format_args!("{is_running}choose another port with --{}; 0 takes a free port", setting.name);
        Failure::new(format_args!("listening on {address}"), format_args!("{error}; {hint}"))
    };
    let listener = match inherited.take(port) {
        Some(listener) => listener,
        None => TcpListener::bind(&address).await.map_err(failure)?,
    };
    let bound = listener.local_addr().map_err(failure)?;
    let (url, is_loopback) = (format!("http://{host}:{}", bound.port()), bound.ip().is_loopback());
    Ok(Address { listener: Some(listener), url, is_loopback })
}
