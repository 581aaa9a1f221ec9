//! Outbound fetch of documents that clients publish (Client ID Metadata Documents and keys), protected against SSRF.
//!
//! The client chooses the URL. So a request reaches public addresses only, takes a few seconds at most, and reads a
//! bounded number of bytes.

use crate::{NotBuilt, choose_ring, is_public};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use doorward::client::{Fetch, FetchError, MAX_DOCUMENT_BYTES};
use doorward::protocol::DocumentUrl;
use doorward::wire::Response;
use http::header::{ACCEPT, ACCEPT_ENCODING};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, redirect::Policy};
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::{Host, Url};

/// Timeouts of a fetch.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For connecting.
    pub connect: Duration,
    /// For the whole fetch, including the last byte. Less, if the deadline of the caller's request comes earlier.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(2), total: Duration::from_secs(4) }
    }
}

/// DNS lookup.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// All addresses of a host name.
    ///
    /// # Errors
    /// [`io::Error`] when the lookup fails.
    async fn addresses(&self, name: &str) -> io::Result<Vec<SocketAddr>>;
}

/// The operating system's resolver.
struct Machine;

#[async_trait]
impl Lookup for Machine {
    async fn addresses(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.collect())
    }
}

/// Fetches documents of clients. Its HTTP client is built at the first fetch, because reading the root certificates
/// would be most of a cold start.
pub struct Fetcher {
    limits: Limits,
    lookup: Arc<dyn Lookup>,
    http: OnceLock<Client>,
}

impl Default for Fetcher {
    fn default() -> Self {
        Self::new(Limits::default(), Arc::new(Machine))
    }
}

impl Fetcher {
    /// A fetcher with these timeouts and this DNS lookup.
    pub fn new(limits: Limits, lookup: Arc<dyn Lookup>) -> Self {
        Self { limits, lookup, http: OnceLock::new() }
    }

    fn http(&self) -> Result<&Client, FetchError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        choose_ring();
        let built = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            // Each client names its own host, and requests to one host are rare. Idle connections would only
            // accumulate.
            .pool_max_idle_per_host(0)
            .referer(false)
            .user_agent(concat!("doorward/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(PublicAddressesOnly(self.lookup.clone())))
            .connect_timeout(self.limits.connect)
            .build();
        let built = built.map_err(|error| FetchError::Unavailable(NotBuilt::from(error).to_string()))?;
        Ok(self.http.get_or_init(|| built))
    }
}

#[async_trait]
impl Fetch for Fetcher {
    async fn fetch(&self, url: &DocumentUrl, limit: Duration) -> Result<Response, FetchError> {
        let request = self
            .http()?
            .get(validate(url)?)
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, "identity");
        let request = request.timeout(limit.min(self.limits.total));
        let response = request.send().await.map_err(fetch_error)?;
        let mut read = http::Response::builder().status(response.status());
        if let Some(headers) = read.headers_mut() {
            headers.clone_from(response.headers());
        }
        let body = body(response).await?;
        read.body(body).map_err(|error| FetchError::Unavailable(error.to_string()))
    }
}

/// Reads the body, [`MAX_DOCUMENT_BYTES`] at most.
async fn body(mut response: reqwest::Response) -> Result<Bytes, FetchError> {
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(fetch_error)? {
        if body.len() + piece.len() > MAX_DOCUMENT_BYTES {
            return Err(FetchError::Invalid("it is longer than the maximum of 32 KiB".to_owned()));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// Checks the host of a URL. A host name is accepted, because its addresses are checked at the DNS lookup. An IP
/// address is refused, except a loopback address that the core has allowed.
///
/// A URL that the parser rewrites is refused too. This catches IP addresses in disguise, such as `2130706433`.
fn validate(url: &DocumentUrl) -> Result<Url, FetchError> {
    let unusable = |why: &str| Err(FetchError::Invalid(why.to_owned()));
    let Ok(read) = Url::parse(url.as_str()) else { return unusable("its URL is not valid") };
    if read.as_str() != url.as_str() {
        return unusable("its URL must be in the form that browsers normalize it to");
    }
    match read.host() {
        Some(Host::Domain(_)) => Ok(read),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) if url.is_loopback() => Ok(read),
        _ => unusable("its host is an IP address; use a host name"),
    }
}

/// DNS resolver that returns public addresses only; for `localhost`, loopback addresses only.
///
/// The connection uses exactly these addresses. This prevents DNS rebinding: a name cannot have one address at the
/// check and another at the connection.
struct PublicAddressesOnly(Arc<dyn Lookup>);

impl Resolve for PublicAddressesOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = self.0.clone();
        Box::pin(async move {
            let mut addresses = lookup.addresses(name.as_str()).await?;
            let own = name.as_str() == "localhost";
            addresses
                .retain(|address| if own { address.ip().is_loopback() } else { is_public(address.ip()) });
            if addresses.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// The host name has no public address.
#[derive(Debug, thiserror::Error)]
#[error("its host name has no public IP address")]
struct NotPublic;

/// Converts an error: a host without public address is the client's fault (`Invalid`), everything else is
/// `Unavailable`. The sentence is for the operator, and names the innermost cause.
fn fetch_error(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let mut cause: &(dyn Error + 'static) = &error;
    loop {
        if cause.is::<NotPublic>() {
            return FetchError::Invalid(NotPublic.to_string());
        }
        match cause.source() {
            Some(inner) => cause = inner,
            None => return FetchError::Unavailable(format!("{error}: {cause}")),
        }
    }
}
