//! Addresses that an upstream may have. They are checked after DNS resolution (SSRF, DNS rebinding).

use doorward::protocol::is_private_address;
use std::net::{IpAddr, Ipv6Addr};

/// Which addresses a connection may be made to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddressRule {
    /// Plain http leaves neither this machine nor the private network.
    pub(crate) private_only: bool,
    /// Whether this machine's own addresses are allowed.
    pub(crate) loopback: bool,
}

impl AddressRule {
    /// Whether the address is allowed.
    pub(crate) fn allows(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        // An unspecified address connects to this machine.
        let own = address.is_loopback() || address.is_unspecified();
        let public = self.private_only && !is_private_address(address);
        !(is_metadata(address) || public || own && !self.loopback)
    }
}

/// Link-local addresses (RFC 3927, RFC 4291 §2.5.6) and `fd00:ec2::/32`: cloud metadata services have them, which give
/// credentials to each caller.
fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_unicast_link_local()
                || matches!(address.segments(), [0xFD00, 0xEC2, ..])
                || embeds(address)
        }
    }
}

/// Whether a NAT64 gateway translates the address to a link-local one of IPv4 (RFC 6052 §2.1).
fn embeds(address: Ipv6Addr) -> bool {
    matches!(address.segments(), [0x64, 0xFF9B, 0, 0, 0, 0, 0xA9FE, _])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(private_only: bool, loopback: bool, address: &str) -> bool {
        AddressRule { private_only, loopback }.allows(address.parse().unwrap())
    }

    #[test]
    fn metadata_services_are_never_allowed() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "::ffff:169.254.170.2",
            "64:ff9b::a9fe:a9fe",
            "fe80::1",
            "febf::1",
            "fd00:ec2::254",
            "fd00:ec2::23",
        ] {
            for private_only in [false, true] {
                assert!(!allowed(private_only, true, address), "{address}");
            }
        }
    }

    #[test]
    fn plain_http_reaches_private_addresses_only() {
        for private in
            ["127.0.0.1", "10.0.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::1", "::ffff:10.0.0.1"]
        {
            assert!(allowed(true, true, private) && allowed(false, true, private), "{private}");
        }
        for public in ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
            assert!(!allowed(true, true, public) && allowed(false, true, public), "{public}");
        }
    }

    #[test]
    fn loopback_can_be_forbidden() {
        for own in ["127.0.0.1", "127.8.8.8", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"] {
            assert!(!allowed(false, false, own), "{own}");
        }
        assert!(allowed(true, false, "10.0.0.1") && allowed(false, false, "8.8.8.8"));
    }
}
