//! Public IP addresses, for protection against SSRF (RFC 6890; IANA's registries of special-purpose addresses).

use doorward::protocol::is_cloud_metadata;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is public: not a private network, this machine, a cloud metadata service or another special
/// range.
pub fn is_public(address: IpAddr) -> bool {
    // Some of their addresses look public.
    !is_cloud_metadata(address)
        && match address {
            IpAddr::V4(address) => is_public_v4(address),
            IpAddr::V6(address) => is_public_v6(address),
        }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        // This network, protocol assignments, 6to4 relays, benchmarks.
        [0, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..] => true,
        // Shared between a provider and its customers (carrier-grade NAT).
        [100, second, ..] => second & 0xC0 == 64,
        // Multicast, reserved and broadcast.
        [224..=255, ..] => true,
        _ => false,
    };
    let local = address.is_private() || address.is_loopback() || address.is_link_local();
    !(special || local || address.is_documentation())
}

/// Only `2000::/3` is global unicast. Its ranges that embed IPv4 addresses or are for documentation are not public.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let special = match address.segments() {
        // Teredo and other protocol assignments, two documentation ranges, 6to4.
        [0x2001, second, ..] => second < 0x200 || second == 0xDB8,
        [0x3FFF, second, ..] => second < 0x1000,
        [first, ..] => first == 0x2002 || first & 0xE000 != 0x2000,
    };
    !special
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_everybodys_is_not_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "2a00::1",
            "3fff:1000::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    proptest! {
        #[test]
        fn what_embeds_an_ipv4_address_is_never_public(v4: [u8; 4]) {
            let v4 = Ipv4Addr::from(v4);
            let [a, b, c, d] = v4.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            for v6 in [
                v4.to_ipv6_mapped(),
                v4.to_ipv6_compatible(),
                Ipv6Addr::new(0x64, 0xFF9B, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            ] {
                prop_assert!(!is_public(v6.into()), "{}", v6);
            }
        }
    }
}
