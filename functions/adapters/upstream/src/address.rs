//! Addresses that an upstream may have. They are checked after DNS resolution (SSRF, DNS rebinding).

use doorward::protocol::{embedded_v4, is_cloud_metadata, is_private_address};
use std::net::IpAddr;

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
        let public = self.private_only && !is_private_address(address);
        !(is_cloud_metadata(address) || public || leads_here(address) && !self.loopback)
    }
}

/// Whether a connection to the address ends at this machine, as one to an unspecified address does.
fn leads_here(address: IpAddr) -> bool {
    let is_own = |address: IpAddr| address.is_loopback() || address.is_unspecified();
    is_own(address)
        || matches!(address, IpAddr::V6(address) if embedded_v4(address).any(|inner| is_own(inner.into())))
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
            "192.0.0.192",
            "168.63.129.16",
            "100.100.100.200",
            "::ffff:168.63.129.16",
            "fd20:ce::254",
            "fd00:c1::a9fe:a9fe",
            "64:ff9b::a83f:8110",
            "64:ff9b:1::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
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
        for own in [
            "127.0.0.1",
            "127.8.8.8",
            "::1",
            "0.0.0.0",
            "::",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ] {
            assert!(!allowed(false, false, own), "{own}");
        }
        assert!(allowed(true, false, "10.0.0.1") && allowed(false, false, "8.8.8.8"));
    }
}
