"""Which addresses belong to the public internet, decided from IANA's registries alone.

The standard library's own predicates are not asked: they differ between versions of Python, and
`is_global` is True for multicast, NAT64, 6to4 and IPv4-compatible addresses.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SPECIAL_IPV4: Final = tuple(
    IPv4Network(block)
    for block in (
        # https://www.iana.org/assignments/iana-ipv4-special-registry, all of it: the few blocks
        # it calls globally reachable are infrastructure, and no place for a receiver.
        "0.0.0.0/8",  # "this network", RFC 791
        "10.0.0.0/8",  # private use, RFC 1918
        "100.64.0.0/10",  # shared by carriers, RFC 6598
        "127.0.0.0/8",  # loopback, RFC 1122
        "169.254.0.0/16",  # link local, cloud metadata, RFC 3927
        "172.16.0.0/12",  # private use, RFC 1918
        "192.0.0.0/24",  # IETF protocol assignments, RFC 6890
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.31.196.0/24",  # AS112, RFC 7535
        "192.52.193.0/24",  # AMT, RFC 7450
        "192.88.99.0/24",  # 6to4 relays, 6a44, RFC 7526
        "192.168.0.0/16",  # private use, RFC 1918
        "192.175.48.0/24",  # AS112, RFC 7534
        "198.18.0.0/15",  # benchmarking, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "240.0.0.0/4",  # reserved, broadcast among them, RFC 1112
        # https://www.iana.org/assignments/multicast-addresses
        "224.0.0.0/4",  # multicast, RFC 5771
    )
)

GLOBAL_UNICAST_IPV6: Final = IPv6Network("2000::/3")
"""The only block given out for global unicast, RFC 4291; all the rest of IPv6 is refused."""

SPECIAL_IPV6: Final = tuple(
    IPv6Network(block)
    for block in (
        # https://www.iana.org/assignments/iana-ipv6-special-registry, as far as in 2000::/3
        "2001::/23",  # IETF protocols: Teredo, benchmarking, AMT, AS112, ORCHID, DRIP, RFC 2928
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, which carries an IPv4 address, RFC 3056
        "2620:4f:8000::/48",  # AS112, RFC 7534
        "3fff::/20",  # documentation, RFC 9637
    )
)


def unwrap(address: Address) -> Address:
    """The IPv4 address inside an IPv4-mapped one (::ffff:0:0/96); any other as it is."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_public(address: Address) -> bool:
    """True for unicast addresses of the public internet; mapped addresses count as their IPv4."""
    address = unwrap(address)
    if isinstance(address, IPv4Address):
        return not lies_in(address, SPECIAL_IPV4)
    if address.scope_id is not None:  # a zone makes sense on a local link only, RFC 4007
        return False
    return address in GLOBAL_UNICAST_IPV6 and not lies_in(address, SPECIAL_IPV6)


def lies_in(address: Address, networks: Iterable[Network]) -> bool:
    """True if one of the networks holds the address; mapped addresses count as their IPv4."""
    address = unwrap(address)
    return any(address in network for network in networks)
