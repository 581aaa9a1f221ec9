//! HTTP client for identity providers. The operator chose that server, so it may have a private address.

use crate::{NotBuilt, choose_ring};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use doorward::protocol::is_private_address;
use doorward::wire::{HttpClient, Unreachable};
use doorward::wire::{Request, Response};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Error, redirect::Policy};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::{Host, Url};

/// The longest time of one request. Less, if the deadline of the caller's request comes earlier.
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BODY: usize = 64 * 1024;

/// HTTP client for the identity provider. It is built at the first request, because reading the root certificates
/// would be most of a cold start.
#[derive(Default)]
pub struct OutboundClient {
    secure: OnceLock<Client>,
    /// For plain http: it reaches private addresses only.
    plain: OnceLock<Client>,
}

impl OutboundClient {
    /// The client for this URL. Over plain http, a code or a client secret must not leave the private network.
    fn http(&self, url: &Url) -> Result<&Client, Unreachable> {
        if url.scheme() == "https" {
            return build(&self.secure, |builder| builder);
        }
        let is_public = match url.host() {
            Some(Host::Ipv4(address)) => !is_private_address(address.into()),
            Some(Host::Ipv6(address)) => !is_private_address(address.into()),
            Some(Host::Domain(_)) => false,
            None => true,
        };
        if is_public {
            return Err(Unreachable(format!("the provider cannot be reached: {NotPrivate}")));
        }
        let private =
            |builder: ClientBuilder| builder.no_proxy().dns_resolver(Arc::new(PrivateAddressesOnly));
        build(&self.plain, private)
    }
}

fn build(
    client: &OnceLock<Client>,
    change: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<&Client, Unreachable> {
    if let Some(client) = client.get() {
        return Ok(client);
    }
    choose_ring();
    let agent = concat!("doorward/", env!("CARGO_PKG_VERSION"));
    let built = change(Client::builder().redirect(Policy::none()).user_agent(agent)).build();
    let built = built.map_err(|error| Unreachable(NotBuilt::from(error).to_string()))?;
    Ok(client.get_or_init(|| built))
}

/// DNS resolver that returns private addresses only. The connection uses exactly these addresses.
struct PrivateAddressesOnly;

impl Resolve for PrivateAddressesOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let private: Vec<SocketAddr> = found.filter(|address| is_private_address(address.ip())).collect();
            if private.is_empty() {
                Err(NotPrivate.into())
            } else {
                Ok(Box::new(private.into_iter()) as Addrs)
            }
        })
    }
}

/// The host of a URL with plain http has no private address.
#[derive(Debug, thiserror::Error)]
#[error("its URL has plain http, and its host has no private IP address; use https")]
struct NotPrivate;

#[async_trait]
impl HttpClient for OutboundClient {
    async fn send(&self, request: Request, limit: Duration) -> Result<Response, Unreachable> {
        let mut request: reqwest::Request = request.try_into().map_err(unreached)?;
        *request.timeout_mut() = Some(limit.min(TIMEOUT));
        let mut answered = self.http(request.url())?.execute(request).await.map_err(unreached)?;
        let (status, headers) = (answered.status(), std::mem::take(answered.headers_mut()));
        let mut response = Response::new(body(answered).await?);
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Ok(response)
    }
}

async fn body(mut response: reqwest::Response) -> Result<Bytes, Unreachable> {
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(unreached)? {
        if body.len() + piece.len() > MAX_BODY {
            return Err(Unreachable("the response is longer than 64 KiB".to_owned()));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// The error without the URL, because the query may hold values that only the provider may see. It names the innermost
/// cause.
fn unreached(error: Error) -> Unreachable {
    let error = error.without_url();
    let mut cause: &(dyn std::error::Error + 'static) = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    Unreachable(format!("the provider cannot be reached: {error}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn plain_http_does_not_leave_the_private_network() {
        let client = OutboundClient::default();
        let send = async |url: &str| {
            let request = http::Request::get(url).body(Bytes::new()).expect("a request");
            client.send(request, Duration::from_secs(2)).await.expect_err("nothing answers there").0
        };
        for public in [
            "http://8.8.8.8/x",
            "http://169.254.169.254/x",
            "http://[2606:4700::1111]/x",
            "http://134744072/x",
        ] {
            assert!(send(public).await.contains("no private IP address"), "{public}");
        }
        for private in ["http://127.0.0.1:1/x", "http://localhost:1/x", "http://[::1]:1/x"] {
            let refused = send(private).await;
            assert!(!refused.contains("no private IP address"), "{private}: {refused}");
        }
    }

    #[tokio::test]
    async fn a_name_without_a_private_address_is_not_resolved_for_plain_http() {
        for (name, resolved) in [("localhost", true), ("8.8.8.8", false), ("169.254.169.254", false)] {
            let found = PrivateAddressesOnly.resolve(name.parse().expect("a name")).await;
            assert_eq!(found.is_ok(), resolved, "{name}");
        }
    }
}
