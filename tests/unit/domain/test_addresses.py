"""Every range and trick that must not be reached, and the public ones that must."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from tests.support.generated_records import SEED

from storepulse.domain.addresses import is_loopback, refusal

INTERNAL = {
    # This machine
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "::1": "loopback",
    "0.0.0.0": "unspecified",  # noqa: S104 - an address, nothing listens
    "0.1.2.3": "unspecified",
    "::": "unspecified",
    # Private networks
    "10.0.0.1": "private",
    "10.255.255.255": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.0.1": "private",
    "192.168.255.255": "private",
    "fc00::1": "private",
    "fdff:ffff::1": "private",
    # Clouds' metadata
    "169.254.169.254": "metadata",
    "168.63.129.16": "metadata",
    "100.100.100.200": "metadata",
    "192.0.0.192": "metadata",
    "fd00:ec2::254": "metadata",
    "fd20:ce::254": "metadata",
    # Links, sites, carriers
    "169.254.0.1": "link-local",
    "fe80::1": "link-local",
    "febf::1": "link-local",
    "fec0::1": "site-local",
    "100.64.0.1": "carrier",
    "100.127.255.255": "carrier",
    # Reserved for protocols, tests and documentation
    "192.0.0.8": "protocols",
    "192.0.2.1": "documentation",
    "198.51.100.1": "documentation",
    "203.0.113.1": "documentation",
    "192.88.99.1": "6to4",
    "192.31.196.1": "AS112",
    "192.175.48.1": "AS112",
    "192.52.193.1": "multicast",
    "198.18.0.1": "benchmarks",
    "198.19.255.255": "benchmarks",
    "2001:2::1": "protocols",
    "2001:10::1": "protocols",
    "2001:db8::1": "documentation",
    "3fff::1": "documentation",
    "3ffe::1": "6bone",
    "100::1": "discarding",
    "5f00::1": "not of the public internet",
    "4000::1": "not of the public internet",
    # Many at once
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "ff02::1": "multicast",
    "ff0e::1": "multicast",
    # IPv4 inside IPv6
    "::ffff:127.0.0.1": "loopback",
    "::ffff:7f00:1": "loopback",
    "::ffff:10.0.0.1": "private",
    "::ffff:169.254.169.254": "metadata",
    "::127.0.0.1": "loopback",
    "::a00:1": "private",
    "::ffff:0:10.0.0.1": "translated",
    "64:ff9b::10.0.0.1": "private",
    "64:ff9b::7f00:1": "loopback",
    "64:ff9b::a9fe:a9fe": "metadata",
    "64:ff9b:1::1": "NAT64",
    "64:ff9b:1:fffe::808:808": "NAT64",
    "2002:7f00:1::1": "6to4",
    "2002:a00:1::1": "6to4",
    "2002:808:808::1": "6to4",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "Teredo",
    "2001:0:7f00:1::1": "Teredo",
    "2600::5efe:10.0.0.1": "private",
    "2600::200:5efe:127.0.0.1": "loopback",
    # Bound to an interface, or no address at all
    "fe80::1%eth0": "interface",
    "2606:4700::1%1": "interface",
    "localhost": "not an address",
    "127.1": "not an address",
    "2130706433": "not an address",
    "0x7f000001": "not an address",
    "0177.0.0.1": "not an address",
    "": "not an address",
}
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.255.255",
    "172.32.0.1", "192.167.255.255", "192.169.0.1", "169.253.255.255", "169.255.0.1",
    "198.17.255.255", "198.20.0.1", "223.255.255.254", "128.0.0.1", "11.0.0.1", "9.255.255.255",
    "2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888", "2400::1",
    "::ffff:8.8.8.8", "64:ff9b::808:808",
]  # fmt: skip


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(INTERNAL) >= 60


@pytest.mark.parametrize(("address", "why"), INTERNAL.items())
def test_internal(address: str, why: str) -> None:
    reason = refusal(address)
    assert reason is not None
    assert why in reason


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize("address", INTERNAL)
def test_what_a_setting_may_let_in_is_loopback_and_private_alone(address: str) -> None:
    assert (refusal(address, "loopback") is None) == (INTERNAL[address] == "loopback")
    passes = refusal(address, "private") is None
    assert passes == (INTERNAL[address] in ("loopback", "private"))


@pytest.mark.parametrize(
    ("address", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False),
     ("localhost", False), ("::", False)],
)  # fmt: skip
def test_loopback(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


#: Translated: what counts is the IPv4 address inside.
NAT64 = IPv6Network("64:ff9b::/96")


@seed(SEED)
@settings(max_examples=200, deadline=None, database=None)
@given(st.ip_addresses(v=4))
def test_no_ipv4_address_passes_that_pythons_own_table_keeps_back(address: IPv4Address) -> None:
    if not address.is_global:
        assert refusal(str(address)) is not None
        for embedded in (
            IPv6Address((0xFFFF << 32) | int(address)),
            IPv6Address(int(address)),
            IPv6Address((0x64FF9B << 96) | int(address)),
            IPv6Address((0x2002 << 112) | (int(address) << 80) | 1),
            IPv6Address((0x20010000 << 96) | (int(address) << 64)),
            IPv6Address((0x2600 << 112) | (0x5EFE << 32) | int(address)),
        ):
            assert refusal(str(embedded)) is not None


@seed(SEED)
@settings(max_examples=200, deadline=None, database=None)
@given(st.ip_addresses(v=6))
def test_no_ipv6_address_passes_that_pythons_own_table_keeps_back(address: IPv6Address) -> None:
    translated = address in NAT64
    if not address.is_global and address.ipv4_mapped is None and not translated:
        assert refusal(str(address)) is not None
