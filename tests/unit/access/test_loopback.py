"""Which calls come from this machine."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from storepulse.access.rules.loopback import is_local, is_local_host

HOST = (b"host", b"127.0.0.1:8080")
PROXY = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_a_peer_on_loopback_is_local(peer: str) -> None:
    assert is_local(peer, [HOST], ())


@pytest.mark.parametrize("peer", [None, "", "10.0.0.7", "::ffff:10.0.0.7", "::", "0.0.0.0", "x"])  # noqa: S104 - nothing is bound here
def test_another_peer_is_not(peer: str | None) -> None:
    assert not is_local(peer, [HOST], ())


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LOCALHOST:1", "127.0.0.1", "127.3.2.1:8080", "[::1]", "[::1]:8080",
        "[::ffff:127.0.0.1]:1", "localhost:",
    ],
)  # fmt: skip
def test_names_of_loopback(host: str) -> None:
    assert is_local_host(host.encode())


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.7", "::1",
        "localhost@evil.example", "localhost:80@evil.example", "127.1", "2130706433", "0x7f000001",
        "localhost,evil.example", "[::1", "[10.0.0.7]", "localhost:80:80", "local host",
        "localhost/", "127.0.0.01", "\xe4", "a" * 10_000,
    ],
)  # fmt: skip
def test_other_names(host: str) -> None:
    assert not is_local_host(host.encode("latin-1"))
    assert not is_local("127.0.0.1", [(b"host", host.encode("latin-1"))], ())


def test_there_is_exactly_one_host() -> None:
    assert not is_local("127.0.0.1", [], ())
    assert not is_local("127.0.0.1", [HOST, HOST], ())


@pytest.mark.parametrize(
    "name",
    [
        "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-anything",
        "forwarded", "via", "x-real-ip", "x-client-ip", "cf-connecting-ip", "true-client-ip",
    ],
)  # fmt: skip
def test_what_was_forwarded_is_not_local(name: str) -> None:
    assert not is_local("127.0.0.1", [HOST, (name.encode(), b"127.0.0.1")], ())


@pytest.mark.parametrize(
    ("headers", "local"),
    [
        ([(b"x-forwarded-for", b"127.0.0.1")], True),
        ([(b"x-forwarded-for", b"127.0.0.1, 127.0.0.2")], True),
        ([(b"x-real-ip", b"::1")], True),
        ([(b"x-forwarded-for", b"127.0.0.1"), (b"via", b"1.1 caddy")], True),
        ([(b"x-forwarded-for", b"203.0.113.7")], False),
        ([(b"x-forwarded-for", b"127.0.0.1, 203.0.113.7")], False),
        ([(b"x-forwarded-for", b"203.0.113.7, 127.0.0.1")], False),
        ([(b"x-forwarded-for", b"127.0.0.1"), (b"x-forwarded-for", b"203.0.113.7")], False),
        ([(b"x-forwarded-for", b"unknown")], False),
        ([(b"x-forwarded-for", b"")], False),
        ([(b"x-forwarded-for", b"127.0.0.1"), (b"x-forwarded-host", b"evil.example")], False),
        ([(b"x-forwarded-for", b"127.0.0.1"), (b"forwarded", b"for=127.0.0.1")], False),
        ([(b"x-forwarded-proto", b"https")], False),
        ([(b"via", b"1.1 proxy")], False),
    ],
)
def test_the_word_of_a_trusted_proxy(headers: list[tuple[bytes, bytes]], local: bool) -> None:
    assert is_local("127.0.0.1", [HOST, *headers], PROXY) is local
    assert not is_local("127.0.0.1", [HOST, *headers], (ip_network("10.0.0.0/8"),))


@pytest.mark.parametrize(
    ("origin", "local"),
    [
        ("https://evil.example", False),
        ("null", False),
        ("http://localhost.evil.example", False),
        ("http://localhost:3000", True),
        ("http://[::1]:3000", True),
        ("http://[", False),
        ("file://localhost", False),
    ],
)
def test_pages_of_other_origins_only_send_events(origin: str, local: bool) -> None:
    headers = [HOST, (b"origin", origin.encode())]
    assert is_local("127.0.0.1", headers, ()) is local
    assert is_local("127.0.0.1", headers, (), collecting=True)
