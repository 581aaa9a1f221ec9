//! Addresses of cloud metadata services, which give credentials to each caller (SSRF).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Those outside the link-local range: of Oracle (classic), Azure and Alibaba.
const V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(100, 100, 100, 200)];

/// Those outside the link-local range: of Google, Oracle, Scaleway, Akamai and Alibaba. Amazon has `fd00:ec2::/32`.
const V6: [Ipv6Addr; 5] = [
    Ipv6Addr::new(0xFD20, 0xCE, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xFD00, 0xC1, 0, 0, 0, 0, 0xA9FE, 0xA9FE),
    Ipv6Addr::new(0xFD00, 0x42, 0, 0, 0, 0, 0, 0x42),
    Ipv6Addr::new(0xFD00, 0xA9FE, 0xA9FE, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0xFD00, 0x100, 0, 0, 0, 0, 0x100, 0x200),
];

/// Whether a cloud metadata service may have this address: a link-local one (RFC 3927; RFC 4291 §2.5.6), or a known one. An
/// address that embeds one of IPv4 may lead there too.
pub fn is_cloud_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_metadata_v4(address),
        IpAddr::V6(address) => {
            address.is_unicast_link_local()
                || matches!(address.segments(), [0xFD00, 0xEC2, ..])
                || V6.contains(&address)
                || embedded_v4(address).any(is_metadata_v4)
        }
    }
}

fn is_metadata_v4(address: Ipv4Addr) -> bool {
    address.is_link_local() || V4.contains(&address)
}

/// The addresses of IPv4 to which packets for this address may go: it is mapped (RFC 4291 §2.5.5.2) or compatible (§2.5.5.1), a
/// 6to4 router is there (RFC 3056 §2), or a NAT64 gateway translates it (RFC 6052 §2.1).
pub fn embedded_v4(address: Ipv6Addr) -> impl Iterator<Item = Ipv4Addr> {
    let octets = address.octets();
    // Where the four bytes are. Byte 8 is zero and not among them (RFC 6052 §2.2).
    let places: &[[usize; 4]] = match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xFFFF, ..] | [0x64, 0xFF9B, 0, 0, 0, 0, ..] => &[LAST],
        // In the prefix for local use, each network chooses a length (RFC 8215).
        [0x64, 0xFF9B, 1, ..] => &[[6, 7, 9, 10], [7, 9, 10, 11], [9, 10, 11, 12], LAST],
        [0x2002, ..] => &[[2, 3, 4, 5]],
        _ => &[],
    };
    places.iter().map(move |place| Ipv4Addr::from(place.map(|at| octets[at])))
}

const LAST: [usize; 4] = [12, 13, 14, 15];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_metadata(address: &str) -> bool {
        is_cloud_metadata(address.parse().unwrap())
    }

    #[test]
    fn the_addresses_of_metadata_services_are_known() {
        for address in [
            "169.254.169.254",
            "169.254.170.2",
            "192.0.0.192",
            "168.63.129.16",
            "100.100.100.200",
            "fe80::a9fe:a9fe",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fd00:c1::a9fe:a9fe",
            "fd00:42::42",
            "fd00:a9fe:a9fe::1",
            "fd00:100::100:200",
        ] {
            assert!(is_metadata(address), "{address}");
        }
        for address in ["10.0.0.1", "100.100.100.100", "168.63.129.17", "192.0.0.1", "::1", "fd00:ec3::254"] {
            assert!(!is_metadata(address), "{address}");
        }
    }

    #[test]
    fn an_address_may_embed_another() {
        for address in [
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            // With a prefix of 48, 56 and 64 bits.
            "64:ff9b:1:a9fe:a9:fe00::",
            "64:ff9b:1:a9:fe:a9fe::",
            "64:ff9b:1::a9:fea9:fe00:0",
        ] {
            assert!(is_metadata(address), "{address}");
        }
        for address in ["2001:db8:a9fe:a9fe::", "64:ff9b:2::a9fe:a9fe", "2606:4700::a9fe:a9fe"] {
            assert!(!is_metadata(address), "{address}");
        }
    }

    proptest! {
        #[test]
        fn a_mapped_address_is_the_one_of_ipv4(v4: [u8; 4]) {
            let v4 = Ipv4Addr::from(v4);
            prop_assert_eq!(embedded_v4(v4.to_ipv6_mapped()).collect::<Vec<_>>(), [v4]);
            prop_assert_eq!(is_cloud_metadata(v4.into()), is_cloud_metadata(v4.to_ipv6_mapped().into()));
        }
    }
}
