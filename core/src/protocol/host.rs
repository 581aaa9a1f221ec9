//! The host of a URL (RFC 3986 §3.2.2).

use crate::protocol::cloud_metadata::is_cloud_metadata;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether a host is one of the three loopback hosts (RFC 8252 §7.3 and §8.3).
pub(crate) fn is_loopback(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| host.eq_ignore_ascii_case(name))
}

/// The host of an authority, without its port.
pub(crate) fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Whether a host is one that a browser can look up as it is written. RFC 3986 §3.2.2 also allows `*`, other punctuation
/// and percent-encoding in a host. A browser reads a name whose last part is a number as an IPv4 address, so
/// `0x7f000001` would be `127.0.0.1` (URL Standard, "host parsing").
pub(crate) fn is_host_name(host: &str) -> bool {
    let is_address = host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok();
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    is_address || is_name && !is_number
}

/// Whether an address is of a private network or of this machine: loopback, RFC 1918, the shared range of RFC 6598
/// (which Tailscale uses) and RFC 4193. Addresses of cloud metadata services are not (SSRF).
pub fn is_private_address(address: IpAddr) -> bool {
    !is_cloud_metadata(address)
        && match address.to_canonical() {
            IpAddr::V4(address) => is_private_v4(address),
            IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
        }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && second & 0xC0 == 64;
    address.is_loopback() || address.is_private() || is_shared
}

/// Whether a host can be on a private network: a private address, or a name. The addresses of a name are known only
/// when a connection is made.
pub(crate) fn may_be_private(host: &str) -> bool {
    let v6 = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match v6 {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok_and(|address| is_private_address(address.into())),
        None => {
            host.parse::<Ipv4Addr>().map_or(!host.is_empty(), |address| is_private_address(address.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_private_by_its_address_and_a_name_may_be() {
        for host in [
            "localhost",
            "keycloak",
            "idp.example",
            "127.0.0.2",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "[::1]",
            "[fd00::1]",
            "[::ffff:10.0.0.1]",
        ] {
            assert!(may_be_private(host), "{host}");
        }
        for host in [
            "",
            "8.8.8.8",
            "172.32.0.1",
            "100.63.255.255",
            "100.128.0.0",
            "169.254.169.254",
            "0.0.0.0",
            "[fe80::1]",
            "[2606:4700::1111]",
            "[::ffff:8.8.8.8]",
            "[::]",
            "[v1.x]",
        ] {
            assert!(!may_be_private(host), "{host}");
        }
    }
}
