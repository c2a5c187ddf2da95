//! Who answers at an address, judged by the address alone.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Public addresses that a product or a service is known by: resolvers, and where domains are
/// pointed at for hosting.
const SERVICES: [Ipv4Addr; 35] = [
    Ipv4Addr::new(1, 0, 0, 1),
    Ipv4Addr::new(1, 1, 1, 1),
    Ipv4Addr::new(1, 1, 1, 2),
    Ipv4Addr::new(1, 1, 1, 3),
    Ipv4Addr::new(4, 2, 2, 1),
    Ipv4Addr::new(4, 2, 2, 2),
    Ipv4Addr::new(8, 8, 4, 4),
    Ipv4Addr::new(8, 8, 8, 8),
    Ipv4Addr::new(8, 26, 56, 26),
    Ipv4Addr::new(9, 9, 9, 9),
    Ipv4Addr::new(9, 9, 9, 10),
    Ipv4Addr::new(9, 9, 9, 11),
    Ipv4Addr::new(23, 227, 38, 65),
    Ipv4Addr::new(64, 6, 64, 6),
    Ipv4Addr::new(75, 2, 60, 5),
    Ipv4Addr::new(76, 76, 2, 0),
    Ipv4Addr::new(76, 76, 10, 0),
    Ipv4Addr::new(76, 76, 19, 19),
    Ipv4Addr::new(76, 76, 21, 21),
    Ipv4Addr::new(76, 223, 126, 88),
    Ipv4Addr::new(77, 88, 8, 8),
    Ipv4Addr::new(94, 140, 14, 14),
    Ipv4Addr::new(94, 140, 15, 15),
    Ipv4Addr::new(99, 83, 190, 102),
    Ipv4Addr::new(114, 114, 114, 114),
    Ipv4Addr::new(119, 29, 29, 29),
    Ipv4Addr::new(149, 112, 112, 112),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(180, 76, 76, 76),
    Ipv4Addr::new(185, 228, 168, 9),
    Ipv4Addr::new(208, 67, 220, 220),
    Ipv4Addr::new(208, 67, 222, 222),
    Ipv4Addr::new(216, 150, 1, 1),
    Ipv4Addr::new(223, 5, 5, 5),
    Ipv4Addr::new(223, 6, 6, 6),
];

/// Endings of private networks that stand for a router or for any machine.
const EXAMPLE_ENDINGS: [u8; 10] = [0, 1, 2, 5, 10, 50, 51, 100, 254, 255];

/// Who answers at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Nobody's machine in particular: special, published, or an example.
    Nobody,
    /// A machine in somebody's network.
    Private,
    /// A machine that everybody reaches.
    Public,
}

/// Returns who answers at `ip`.
pub(super) fn reach(ip: IpAddr) -> Reach {
    match ip {
        IpAddr::V4(ip) => reach_v4(ip),
        IpAddr::V6(ip) => reach_v6(ip),
    }
}

/// Tells whether `ip` goes on with a series of examples in the same text, as `.101` does behind
/// `.100`.
pub(super) fn continues_examples(ip: IpAddr, written: &BTreeSet<IpAddr>) -> bool {
    let IpAddr::V4(ip) = ip else { return false };
    let mut previous = ip;
    while let Some(before) = previous.to_bits().checked_sub(1).map(Ipv4Addr::from_bits) {
        if !written.contains(&IpAddr::V4(before)) {
            return false;
        }
        if reach_v4(before) == Reach::Nobody {
            return true;
        }
        previous = before;
    }
    false
}

fn reach_v4(ip: Ipv4Addr) -> Reach {
    let octets = ip.octets();
    let [first, second, third, last] = octets;
    let is_special = first == 0
        || first >= 224
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        // Benchmarks, and the services of two providers inside the shared range.
        || matches!(octets, [198, 18 | 19, ..] | [100, 100, 100, _])
        || SERVICES.contains(&ip)
        // The hosting of pages on a forge.
        || matches!(octets, [185, 199, 108..=111, 153]);
    if is_special || is_evenly_spaced(second, third, last) || matches!(last, 0 | 255) {
        return Reach::Nobody;
    }
    let is_shared = first == 100 && (64..128).contains(&second);
    if ip.is_private() {
        if EXAMPLE_ENDINGS.contains(&last) { Reach::Nobody } else { Reach::Private }
    } else if is_shared {
        Reach::Private
    } else {
        Reach::Public
    }
}

/// `x.2.3.4`, `x.7.7.7`, `x.20.30.40`: made up, not assigned.
fn is_evenly_spaced(second: u8, third: u8, last: u8) -> bool {
    i16::from(third) - i16::from(second) == i16::from(last) - i16::from(third)
}

fn reach_v6(ip: Ipv6Addr) -> Reach {
    match ip.segments() {
        // Documentation, and private networks that nobody drew by lot.
        [0x2001, 0x0db8, ..] | [0x3fff | 0xfd00, ..] | [0xfd12, 0x3456, ..] => Reach::Nobody,
        // Resolvers, and the services of one provider's network.
        [0x2001, 0x4860, 0x4860, ..] | [0x2606, 0x4700, 0x4700, ..] => Reach::Nobody,
        [0x2620, 0x00fe | 0x0119, ..] | [0xfd7a, 0x115c, 0xa1e0, 0, ..] => Reach::Nobody,
        // The first addresses of a network, which are routers or examples.
        [0xfc00..=0xfdff, _, _, _, 0, 0, 0, 0..=2] => Reach::Nobody,
        // One network card, also without a router: nobody thinks up four groups.
        [0xfe80, 0, 0, 0, a, b, c, d] if [a, b, c, d].iter().all(|it| *it > 0xff) => Reach::Private,
        [0xfc00..=0xfdff, ..] => Reach::Private,
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::{Reach, reach};

    #[track_caller]
    fn check(expected: Reach, addresses: &[&str]) {
        for address in addresses {
            assert_eq!(reach(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn addresses_are_told_apart_by_who_answers() {
        check(Reach::Private, &["192.168.8.17", "172.20.4.33", "10.44.3.9", "100.86.41.17"]);
        check(Reach::Private, &["fd3a:91c4:77e2::2b", "fe80::1c2b:3dff:fe4e:5f60"]);
        check(Reach::Public, &["39.106.7.8", "172.145.24.2", "2a01:4f8:c17:b0f::12"]);
    }

    #[test]
    fn special_and_published_addresses_belong_to_nobody() {
        check(Reach::Nobody, &["0.0.0.0", "127.0.0.1", "127.0.1.1", "::", "::1", "fe80::1"]);
        check(Reach::Nobody, &["192.0.2.17", "198.51.100.7", "203.0.113.80", "2001:db8::17"]);
        check(Reach::Nobody, &["169.254.169.254", "224.0.0.251", "255.255.255.0", "10.4.0.0"]);
        check(Reach::Nobody, &["1.1.1.1", "8.8.8.8", "9.9.9.9", "208.67.222.222", "76.76.21.21"]);
        check(Reach::Nobody, &["2606:4700:4700::1111", "100.100.100.100", "185.199.108.153"]);
    }

    #[test]
    fn examples_belong_to_nobody() {
        check(Reach::Nobody, &["1.2.3.4", "5.6.7.8", "10.1.2.3", "10.20.30.40", "10.10.10.10"]);
        for ending in [1, 2, 5, 10, 50, 51, 100, 254] {
            check(Reach::Nobody, &[&format!("192.168.8.{ending}"), &format!("10.77.3.{ending}")]);
        }
        check(Reach::Nobody, &["fd00::17", "fd3a:91c4:77e2::1", "192.168.100.1"]);
    }
}
