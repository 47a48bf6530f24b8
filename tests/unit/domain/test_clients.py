"""Client addresses behind proxies."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storepulse.domain.clients import (
    AddressRules,
    canonical_ip,
    device_of,
    kept_address,
    limited_as,
)
from storepulse.domain.errors import Misconfigured

DEFAULT = AddressRules.of("", "")
FIRST = AddressRules.of("", "first")
PROXIED = AddressRules.of("10.0.0.0/8", "")
PROXIES = AddressRules.of("10.0.0.0/8, 2001:db8::/32", "")

CASES = [
    # rules, peer, X-Forwarded-For, X-Real-IP, client without and with a secret key
    (DEFAULT, "127.0.0.1", "", "", "127.0.0.1", "127.0.0.1"),
    (DEFAULT, "127.0.0.1", "203.0.113.5, 10.0.0.1", "", "127.0.0.1", "203.0.113.5"),
    (DEFAULT, "::1", "203.0.113.5", "", "::1", "203.0.113.5"),
    (DEFAULT, "::ffff:127.0.0.1", "203.0.113.5", "", "127.0.0.1", "203.0.113.5"),
    (DEFAULT, "127.0.0.1", "garbage", "203.0.113.6", "127.0.0.1", "203.0.113.6"),
    (DEFAULT, "127.0.0.1", "garbage", "garbage", "127.0.0.1", "127.0.0.1"),
    (DEFAULT, "198.51.100.1", "203.0.113.5", "203.0.113.6", "198.51.100.1", "203.0.113.5"),
    (FIRST, "198.51.100.1", "203.0.113.5, 10.0.0.1", "", "203.0.113.5", "203.0.113.5"),
    (PROXIES, "10.1.1.1", "192.0.2.1, 203.0.113.5, 10.2.2.2", "", "203.0.113.5", "203.0.113.5"),
    (PROXIES, "10.1.1.1", "10.3.3.3, 10.2.2.2", "203.0.113.6", "203.0.113.6", "203.0.113.6"),
    (PROXIES, "10.1.1.1", "10.3.3.3", "", "10.1.1.1", "10.1.1.1"),
    (PROXIES, "10.1.1.1", "203.0.113.5, garbage", "", "10.1.1.1", "10.1.1.1"),
    (PROXIES, "198.51.100.1", "203.0.113.5", "203.0.113.6", "198.51.100.1", "203.0.113.5"),
    (PROXIES, "127.0.0.1", "203.0.113.5", "", "127.0.0.1", "203.0.113.5"),
    (PROXIES, "2001:db8::1", "2001:DB9::5", "", "2001:db9::5", "2001:db9::5"),
]


@pytest.mark.parametrize(("rules", "peer", "forwarded", "real", "client", "by_secret"), CASES)
def test_the_client_behind_proxies(
    rules: AddressRules, peer: str, forwarded: str, real: str, client: str, by_secret: str
) -> None:
    assert rules.client(peer, forwarded, real) == client
    assert rules.client(peer, forwarded, real, secret=True) == by_secret


def test_only_the_end_of_a_long_list_of_proxies_is_read() -> None:
    nearest = "203.0.113.5" + ", 10.2.2.2" * 100
    assert PROXIES.client("10.1.1.1", nearest, "") == "203.0.113.5"
    assert PROXIES.client("10.1.1.1", "203.0.113.5" + ", 10.2.2.2" * 300, "") == "10.1.1.1"


@pytest.mark.parametrize(
    ("text", "ip"),
    [
        ("203.0.113.5", "203.0.113.5"),
        (" 203.0.113.5:8080", "203.0.113.5"),
        ("[2001:DB8::1]:443", "2001:db8::1"),
        ("2001:db8:0:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("203.0.113.256", None),
        ("203.0.113.05", None),
        ("203.0.113.5\n.1", None),
        ("203.0.113", None),
        ("203.0.113.5.6", None),
        ("\u0661.0.113.5", None),
        ("fe80::1%eth0", None),
        ("", None),
        ("unknown", None),
        ("0x7f.1", None),
    ],
)
def test_canonical_addresses(text: str, ip: str | None) -> None:
    assert canonical_ip(text) == ip


@given(st.from_regex(r"\A[0-9]{1,3}(\.[0-9]{1,3}){3}\Z"))
def test_plain_addresses_are_what_the_library_says(text: str) -> None:
    try:
        expected = str(ip_address(text))
    except ValueError:
        expected = None
    assert canonical_ip(text) == expected


def test_ipv6_clients_are_limited_by_network() -> None:
    assert limited_as("2001:db8:1:2:3::4") == limited_as("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert limited_as("203.0.113.5") == "203.0.113.5"


def test_what_is_no_network_stops_the_start() -> None:
    with pytest.raises(Misconfigured, match="trusted_proxies"):
        AddressRules.of("10.0.0.0/8, proxy", "")


@pytest.mark.parametrize(
    ("ip", "shortened"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("203.0.113.0", "203.0.113.0"),
        ("255.255.255.255", "255.255.255.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("2001:db8::1", "2001:db8::"),
        ("::1", "::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("2002:cb00:714d::1", "2002:cb00:7100::"),  # 6to4 of 203.0.113.77
        ("64:ff9b::203.0.113.77", "64:ff9b::"),
        ("fe80::1%eth0", "fe80::"),
        ("a unix socket", None),
        ("", None),
    ],
)
def test_what_is_kept_of_addresses(ip: str, shortened: str | None) -> None:
    assert kept_address(ip, "full") == ip
    assert kept_address(ip, "shortened") == shortened
    assert kept_address(ip, "none") is None


@given(st.ip_addresses())
def test_shortened_addresses_are_networks(ip: IPv4Address | IPv6Address) -> None:
    shortened = kept_address(str(ip), "shortened")
    assert shortened is not None
    network = ip_address(shortened)
    assert int(network) & (0xFF if network.version == 4 else (1 << 80) - 1) == 0
    assert kept_address(shortened, "shortened") == shortened


@pytest.mark.parametrize(
    ("rules", "peer", "forwarded", "real", "visitor"),
    [
        (DEFAULT, "198.51.100.9", "", "", None),
        (DEFAULT, "198.51.100.9", "203.0.113.5", "", "203.0.113.5"),
        (DEFAULT, "198.51.100.9", "203.0.113.5, 10.0.0.1", "", "203.0.113.5"),
        (DEFAULT, "198.51.100.9", "", "203.0.113.5", "203.0.113.5"),
        (DEFAULT, "198.51.100.9", "unknown", "", None),
        (DEFAULT, "198.51.100.9", "unknown", "203.0.113.5", "203.0.113.5"),
        (FIRST, "127.0.0.1", "203.0.113.5, 198.51.100.9", "", "203.0.113.5"),
        (FIRST, "127.0.0.1", "", "", None),
        # Behind a trusted proxy, which adds the server's own address.
        (PROXIED, "10.0.0.2", "198.51.100.9", "198.51.100.9", None),
        (PROXIED, "10.0.0.2", "203.0.113.5, 198.51.100.9", "198.51.100.9", "203.0.113.5"),
        (PROXIED, "10.0.0.2", "203.0.113.5, 198.51.100.9, 10.0.0.7", "", "203.0.113.5"),
        (PROXIED, "10.0.0.2", "unknown, 198.51.100.9", "", None),
        (PROXIED, "10.0.0.2", "", "198.51.100.9", None),
        (PROXIED, "10.0.0.2", "10.0.0.7", "", None),
        (PROXIED, "198.51.100.9", "203.0.113.5", "", "203.0.113.5"),
    ],
)
def test_a_servers_own_address_is_no_visitors(
    rules: AddressRules, peer: str, forwarded: str, real: str, visitor: str | None
) -> None:
    assert rules.stated_client(peer, forwarded, real) == visitor


_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "hint", "device"),
    [
        (f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {_WEBKIT} Mobile Safari/537.36", "", "mobile"),
        (f"Mozilla/5.0 (Linux; Android 14; SM-X710) {_WEBKIT} Safari/537.36", "", "tablet"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148", "", "mobile"),
        ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) Mobile/15E148", "", "tablet"),
        ("Mozilla/5.0 (Android 14; Tablet; rv:126.0) Gecko/126.0 Firefox/126.0", "", "tablet"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Safari/537.36", "", "desktop"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT}", "?0", "desktop"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} Safari/537.36", "?0", "tablet"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {_WEBKIT}", "?1", "mobile"),
        ("", "?1", "mobile"),
        ("", "", None),
        (None, "", None),
        pytest.param("Android " * 100_000, "", "tablet", id="long"),
    ],
)
def test_a_device_is_told_by_hint_and_user_agent(
    user_agent: str | None, hint: str, device: str | None
) -> None:
    assert device_of(user_agent, hint) == device
