"""The HTTP client for destinations against real servers: what it reaches, and what never."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.contract.destinations.requests_in_vain import PATIENCE, Names, failure
from tests.support.certificates import Authority
from tests.support.http_messages import Reply
from tests.support.receiver import Receiver

from storepulse.destinations.http.client import SafeClient
from storepulse.destinations.http.connections import JudgedConnector
from storepulse.destinations.http.urls import checked_url
from storepulse.domain.errors import Rejected

# What is reached


async def test_a_request_and_its_answer() -> None:
    reply = Reply(201, b"made", {"X-One": "1", "x-one": "2"})
    with Receiver(lambda _: reply) as server:
        async with SafeClient("private") as client:
            answer = await client.request(
                "POST",
                f"{server.url}/a/b?c=d%20e",
                headers={"Content-Type": "text/plain", "X-Own": "ü"},
                content=b"body",
                timeout=PATIENCE,
            )
    assert (answer.status, answer.body, answer.truncated) == (201, b"made", False)
    assert answer.headers["x-one"] == "1, 2"
    assert answer.seconds > 0
    sent = server.requests[0]
    assert (sent.method, sent.target, sent.body) == ("POST", "/a/b?c=d%20e", b"body")
    assert sent.headers["host"] == f"127.0.0.1:{server.port}"
    assert sent.headers["accept-encoding"] == "identity"
    named = {"host", "user-agent", "accept-encoding", "content-length", "content-type", "x-own"}
    assert set(sent.headers) == named


async def test_lines_of_an_answers_head_may_be_long() -> None:
    reply = Reply(headers={"content-security-policy": "x" * 12_000})
    with Receiver(lambda _: reply) as server:
        async with SafeClient("private") as client:
            answer = await client.request("GET", server.url, timeout=PATIENCE)
    assert len(answer.headers["content-security-policy"]) == 12_000


async def test_connections_are_used_again() -> None:
    with Receiver() as server:
        async with SafeClient("private") as client:
            for _ in range(3):
                await client.request("POST", server.url, content=b"x", timeout=PATIENCE)
    assert len(server.requests) == 3
    assert server.connections == 1


async def test_tls_is_verified_against_the_hosts_name(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    names = Names(["127.0.0.1"])
    with Receiver(tls=authority.server("receiver.test")) as server:
        async with SafeClient("private", resolve=names, tls=authority.client) as client:
            url = f"https://receiver.test:{server.port}/"
            assert (await client.request("POST", url, timeout=PATIENCE)).status == 200
            assert names.asked == ["receiver.test"]
            other = await failure(client, f"https://other.test:{server.port}/")
            literal = await failure(client, f"https://127.0.0.1:{server.port}/")
        async with SafeClient("private", resolve=names) as strangers:
            unknown = await failure(strangers, url)
    assert [f.kind for f in (other, literal, unknown)] == ["tls", "tls", "tls"]
    assert "other.test" in other.reason
    assert "certificate verify failed" in unknown.reason
    assert len(server.requests) == 1


async def test_an_expired_certificate_and_no_tls_at_all(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    names = Names(["127.0.0.1"])
    async with SafeClient("private", resolve=names, tls=authority.client) as client:
        with Receiver(tls=authority.server("receiver.test", expired=True)) as server:
            expired = await failure(client, f"https://receiver.test:{server.port}/")
        with Receiver() as server:
            plain = await failure(client, f"https://receiver.test:{server.port}/")
    assert expired.kind == plain.kind == "tls"
    assert "expired" in expired.reason


async def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    with Receiver(address="127.0.0.2") as server:
        async with SafeClient("private", resolve=Names(["127.0.0.3", "127.0.0.2"])) as client:
            url = f"http://localhost:{server.port}"
            assert (await client.request("POST", url, timeout=PATIENCE)).status == 200


# What is never reached


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "localhost.", "LOCALHOST", "127.1", "127.0.1", "2130706433",
        "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0", "0.0.0.0",  # noqa: S104
        "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]",
        "127.0.0.1.", "\uff11\uff12\uff17.0.0.1", "①②⑦.⓪.⓪.①", "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]", "%31%32%37.0.0.1",
    ],
)  # fmt: skip
async def test_ways_of_writing_this_machine(host: str) -> None:
    with Receiver() as server:
        async with SafeClient("public") as client:
            failed = await failure(client, f"https://{host}:{server.port}/", timeout=5.0)
            plain = await failure(client, f"http://{host}:{server.port}/", timeout=5.0)
    # Some are names for one system's resolver and none for another's: reached they are by none.
    assert {failed.kind, plain.kind} <= {"address", "dns", "timeout"}
    assert server.connections == 0


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "fd00:ec2::254", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "fe80::1%eth0", "::",
     "224.0.0.1", "255.255.255.255", "198.18.0.1", "fc00::1", "fec0::1"],
)  # fmt: skip
async def test_a_name_that_means_an_internal_address(address: str) -> None:
    """Also when a public address stands beside it: which one is taken would be chance."""
    for addresses in ([address], ["93.184.216.34", address]):
        async with SafeClient("public", resolve=Names(addresses)) as client:
            failed = await failure(client, "https://receiver.example/")
        assert failed.kind == "address"
        assert address in failed.reason


async def test_a_name_server_that_changes_its_answer_after_the_check() -> None:
    """The connection goes to the address that was judged; the name is asked for once."""
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    with Receiver() as judged, Receiver(address="127.0.0.2", port=judged.port) as rebound:
        async with SafeClient("private", resolve=names) as client:
            await client.request("POST", f"http://localhost:{judged.port}", timeout=PATIENCE)
    assert names.asked == ["localhost"]
    assert (judged.connections, rebound.connections) == (1, 0)


async def test_a_name_that_turns_internal_is_refused_at_the_next_connection() -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    with Receiver(lambda _: Reply(headers={"connection": "close"})) as server:
        async with SafeClient("private", resolve=names) as client:
            url = f"http://localhost:{server.port}"
            await client.request("POST", url, timeout=PATIENCE)
            failed = await failure(client, url)
    assert failed.kind == "address"
    assert server.connections == 1


async def test_metadata_is_out_of_reach_even_where_private_addresses_are_allowed() -> None:
    for address in ("169.254.169.254", "fd00:ec2::254", "0.0.0.0"):  # noqa: S104
        async with SafeClient("private", resolve=Names([address])) as client:
            assert (await failure(client, "https://receiver.example/")).kind == "address"


async def test_plain_http_reaches_loopback_alone() -> None:
    async with SafeClient("private", resolve=Names(["10.0.0.1"])) as client:
        failed = await failure(client, "http://localhost/")
        assert failed.kind == "address"
        assert "plain HTTP" in failed.reason
        assert (await failure(client, "http://receiver.example/")).kind == "address"


async def test_redirects_are_not_followed() -> None:
    with Receiver() as inner:
        reply = Reply(302, b"", {"location": f"{inner.url}/secret"})
        with Receiver(lambda _: reply) as server:
            async with SafeClient("private") as client:
                answer = await client.request("POST", server.url, timeout=PATIENCE)
    assert answer.status == 302
    assert inner.connections == 0


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as proxy, Receiver() as server:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.upper(), proxy.url)
        monkeypatch.setenv("no_proxy", "")
        async with SafeClient("private") as client:
            await client.request("POST", server.url, timeout=PATIENCE)
    assert (proxy.connections, server.connections) == (0, 1)


async def test_sockets_of_the_file_system_are_no_destinations() -> None:
    assert not any("unix" in scheme for scheme in JudgedConnector.allowed_protocol_schema_set)
    async with SafeClient("private") as client:
        failed = await failure(client, "http+unix://%2Fvar%2Frun%2Fdocker.sock/")
    assert failed.kind == "address"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "a URL of at most"),
        (None, "a URL of at most"),
        (7, "a URL of at most"),
        ("https://a.example/" + "x" * 2048, "a URL of at most"),
        ("ftp://a.example/", "must use https"),
        ("file:///etc/passwd", "must use https"),
        ("http+unix://%2Fvar%2Frun%2Fdocker.sock/", "must use https"),
        ("gopher://a.example/", "must use https"),
        ("//a.example/", "must use https"),
        ("a.example", "must use https"),
        ("https://", "has no host"),
        ("https:///path", "has no host"),
        ("https://user@a.example/", "user or password"),
        ("https://user:word@a.example/", "user or password"),
        ("https://a.example/#part", "fragment"),
        ("https://[fe80::1%25eth0]/", "interface"),
        ("https://a.example:0/", "port"),
        ("https://a.example:99999/", "port"),
        ("https://a.example:http/", "is not a URL"),
        ("https://a.example/\r\nX: y", "is not a URL"),
        ("https://a.example/\x00", "is not a URL"),
        ("https://169.254.169.254/latest/", "metadata"),
        ("https://[fe80::1]/", "link-local"),
        ("https://[64:ff9b::a9fe:a9fe]/", "metadata"),
        ("https://203.0.113.7/", "documentation"),
        ("http://a.example/", "https outside of loopback"),
        ("http://10.0.0.1/", "https outside of loopback"),
        ("http://127.0.0.1.example/", "https outside of loopback"),
    ],
)
async def test_urls_that_are_none(url: object, reason: str) -> None:
    with pytest.raises(Rejected) as rejected:
        checked_url("config.url", url)
    assert rejected.value.field == "config.url"
    assert reason in rejected.value.reason
    if isinstance(url, str):
        async with SafeClient("private") as client:
            assert (await failure(client, url)).kind == "address"


@pytest.mark.parametrize(
    "url",
    ["https://a.example", "https://a.example:8443/p?q=1", "https://xn--bcher-kva.example/",
     "https://bücher.example/", "http://127.0.0.1:9/", "http://localhost:9/x", "http://[::1]:9/",
     "http://localhost./"],
)  # fmt: skip
def test_urls_that_are_some(url: str) -> None:
    checked_url("config.url", url)
