//! Which addresses belong to the public Internet, by the special-purpose registries of IANA.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether the public Internet routes to `address`: not to this machine, its network, a group, or nobody.
///
/// An IPv6 address that stands for an IPv4 address is judged as that one, since that is where its packets go.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// A range of addresses: all that share the first `length` bits, at least 1, of the address.
type Range<Address> = (Address, u32);

/// The IPv4 addresses that are not public.
const RESERVED_V4: [Range<Ipv4Addr>; 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),       // this network, and "unspecified"
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // shared behind a provider's NAT
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local, cloud metadata among it
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relays, withdrawn
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved
    (Ipv4Addr::BROADCAST, 32),            // broadcast; in the range above, and named for the reader
];

/// Where all public IPv6 addresses lie. Loopback, "unspecified", unique local, link-local and multicast are outside.
const GLOBAL_UNICAST_V6: Range<Ipv6Addr> = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// The IPv6 addresses in [`GLOBAL_UNICAST_V6`] that are not public all the same.
const RESERVED_V6: [Range<Ipv6Addr>; 3] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments: Teredo, benchmarks, ORCHID and more
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// The IPv6 addresses that stand for an IPv4 address: the one in the 32 bits that follow the range's own.
const EMBEDDING_V6: [Range<Ipv6Addr>; 5] = [
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 0), 96),         // IPv4-compatible
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96),    // IPv4-mapped
    (Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96),    // IPv4-translated
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96), // NAT64
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),    // 6to4
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |(start, length): &Range<Ipv4Addr>| (start.to_bits() ^ address.to_bits()) >> (32 - length) == 0;
    !RESERVED_V4.iter().any(within)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let within = |(start, length): &Range<Ipv6Addr>| (start.to_bits() ^ address.to_bits()) >> (128 - length) == 0;
    match EMBEDDING_V6.iter().find(|range| within(range)) {
        Some((_, length)) => {
            // The shift brings the embedded address to the lowest 32 bits, and the cast keeps just those.
            is_public_v4(Ipv4Addr::from_bits((address.to_bits() >> (128 - 32 - length)) as u32))
        }
        None => within(&GLOBAL_UNICAST_V6) && !RESERVED_V6.iter().any(within),
    }
}
