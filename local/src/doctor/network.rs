//! The addresses that the doctor connects to (SSRF). A URL of the internet never leads to a private network.

use async_trait::async_trait;
use doorward::protocol::is_private_address;
use doorward_outbound::{Lookup, is_public};
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use thiserror::Error;

/// The network of the URL that the user gave. It limits the addresses of all other URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// The internet: public addresses only.
    Public,
    /// A private network: also its addresses, except loopback.
    Private,
    /// This machine: also loopback.
    Loopback,
}

impl Network {
    /// The network of a host with these addresses. A host with a public address is of the internet. `None` for addresses that
    /// are never connected to, such as those of cloud metadata services.
    pub(super) fn of(addresses: &[IpAddr]) -> Option<Self> {
        let private = |address: &&IpAddr| is_private_address(**address);
        let mut privates = addresses.iter().filter(private).peekable();
        if addresses.iter().any(|address| is_public(*address)) {
            Some(Self::Public)
        } else if privates.peek().is_none() {
            None
        } else if privates.all(|address| is_loopback(*address)) {
            Some(Self::Loopback)
        } else {
            Some(Self::Private)
        }
    }

    pub(super) fn reaches(self, address: IpAddr) -> bool {
        is_public(address)
            || match self {
                Self::Public => false,
                Self::Private => is_private_address(address) && !is_loopback(address),
                Self::Loopback => is_private_address(address),
            }
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// The operating system's resolver.
pub(super) struct System;

#[async_trait]
impl Lookup for System {
    async fn addresses(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.collect())
    }
}

/// The addresses of a URL's host.
pub(super) async fn addresses(url: &Url, lookup: &dyn Lookup) -> io::Result<Vec<IpAddr>> {
    match literal(url) {
        Some(address) => Ok(vec![address]),
        None => {
            let found = lookup.addresses(url.host_str().unwrap_or_default()).await?;
            Ok(found.into_iter().map(|address| address.ip()).collect())
        }
    }
}

/// The address that a URL has in the place of a host name. A connection to it asks no resolver.
pub(super) fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}

/// A resolver that returns the addresses of a network only. A connection uses exactly these, so that a name cannot have one
/// address at the check and another at the connection (DNS rebinding).
pub(super) struct Within {
    pub(super) network: Network,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl Resolve for Within {
    fn resolve(&self, name: Name) -> Resolving {
        let (network, lookup) = (self.network, self.lookup.clone());
        Box::pin(async move {
            let mut addresses = lookup.addresses(name.as_str()).await?;
            addresses.retain(|address| network.reaches(address.ip()));
            if addresses.is_empty() {
                return Err(OutOfReach.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// A host has no address that the doctor connects to.
#[derive(Debug, Error)]
#[error("its address is private, and the given URL is not; no request was sent")]
pub(super) struct OutOfReach;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(addresses: &[&str]) -> Option<Network> {
        Network::of(&addresses.iter().map(|address| address.parse().unwrap()).collect::<Vec<_>>())
    }

    #[test]
    fn a_host_is_of_the_network_that_is_farthest_away() {
        assert_eq!(of(&["127.0.0.1", "::1"]), Some(Network::Loopback));
        assert_eq!(of(&["127.0.0.1", "10.0.0.1"]), Some(Network::Private));
        assert_eq!(of(&["10.0.0.1", "8.8.8.8"]), Some(Network::Public));
        assert_eq!(of(&["::ffff:127.0.0.1"]), Some(Network::Loopback));
        for never in ["169.254.169.254", "fd00:ec2::254", "0.0.0.0", "224.0.0.1"] {
            assert_eq!(of(&[never]), None, "{never}");
        }
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn an_address_is_reached_from_the_same_network_only() {
        for (address, reached) in [
            ("8.8.8.8", [true, true, true]),
            ("10.1.2.3", [false, true, true]),
            ("fd12::1", [false, true, true]),
            ("127.0.0.1", [false, false, true]),
            ("::ffff:127.0.0.1", [false, false, true]),
            ("::1", [false, false, true]),
            ("169.254.169.254", [false; 3]),
            ("100.100.100.200", [false; 3]),
            ("fd00:ec2::254", [false; 3]),
            ("0.0.0.0", [false; 3]),
        ] {
            let networks = [Network::Public, Network::Private, Network::Loopback];
            assert_eq!(
                networks.map(|network| network.reaches(address.parse().unwrap())),
                reached,
                "{address}"
            );
        }
    }
}
