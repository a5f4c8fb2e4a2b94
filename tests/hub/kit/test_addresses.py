"""An address is public only if no registry gives it another meaning."""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kit import addresses


@pytest.mark.parametrize(
    "text",
    [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "93.184.215.14",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.0.3.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2000::",
        "2001:200::",
        "2001:db7:ffff::",
        "2001:db9::",
        "2001:4860:4860::8888",
        "2003::1",
        "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
        "3fff:1000::",
        "3ffe:ffff::",
        "::ffff:93.184.215.14",
    ],
)
def test_public_addresses_are_public(text: str) -> None:
    assert addresses.is_public(ip_address(text)) is True


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "169.254.170.2",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.0.8",
        "192.0.0.9",
        "192.0.0.170",
        "192.0.2.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "192.175.48.1",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.10",
        "203.0.113.255",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::93.184.215.14",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::5db8:d70e",
        "64:ff9b:1::1",
        "100::1",
        "100:0:0:1::1",
        "1fff:ffff::",
        "2001::1",
        "2001:0:7f00:1::",
        "2001:1::1",
        "2001:2::1",
        "2001:3::1",
        "2001:4:112::1",
        "2001:10::1",
        "2001:20::1",
        "2001:30::1",
        "2001:1ff:ffff::",
        "2001:db8::1",
        "2002:c0a8:101::1",
        "2002:5db8:d70e::1",
        "2620:4f:8000::1",
        "3fff::1",
        "3fff:fff:ffff::",
        "4000::",
        "5f00::1",
        "fc00::1",
        "fd12:3456:789a::1",
        "fe80::1",
        "fe80::1%eth0",
        "2606:2800:21f::1%eth0",
        "fec0::1",
        "ff02::1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ],
)
def test_other_addresses_are_not(text: str) -> None:
    assert addresses.is_public(ip_address(text)) is False


@given(st.ip_addresses(v=4))
def test_a_mapped_address_counts_as_the_one_inside(inner: IPv4Address) -> None:
    mapped = IPv6Address(f"::ffff:{inner}")

    assert addresses.unwrap(mapped) == inner
    assert addresses.is_public(mapped) == addresses.is_public(inner)


@given(st.ip_addresses(v=6))
def test_no_other_ipv6_outside_2000_3_is_public(address: IPv6Address) -> None:
    inside = int(address) >> 125 == 0b001
    mapped = int(address) >> 32 == 0xFFFF

    assert inside or mapped or not addresses.is_public(address)


@pytest.mark.parametrize("block", addresses.SPECIAL_IPV4 + addresses.SPECIAL_IPV6, ids=str)
def test_a_special_block_is_refused_from_end_to_end(block: IPv4Network | IPv6Network) -> None:
    assert addresses.is_public(block[0]) is False
    assert addresses.is_public(block[-1]) is False


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("127.0.0.1", True),
        ("::ffff:127.0.0.1", True),
        ("::1", True),
        ("128.0.0.1", False),
        ("::2", False),
        ("::127.0.0.1", False),
    ],
)
def test_networks_hold_mapped_addresses_too(text: str, inside: bool) -> None:
    networks = [ip_network("127.0.0.0/8"), ip_network("::1/128")]

    assert addresses.lies_in(ip_address(text), networks) is inside


def test_no_network_holds_nothing() -> None:
    assert addresses.lies_in(ip_address("127.0.0.1"), []) is False
