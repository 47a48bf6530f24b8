"""The HTTP client for destinations against real servers: what it reaches, and what never."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
import zlib
from collections.abc import Sequence
from itertools import chain, repeat
from pathlib import Path

import pytest
from tests.support.behaviours import sending
from tests.support.certificates import Authority
from tests.support.http_messages import Reply, Request
from tests.support.receiver import Receiver, refusing_url

from storepulse.destinations.http_client import ANSWER_LIMIT, RequestFailed, SafeClient, checked_url
from storepulse.destinations.judged_network import JudgedNetwork
from storepulse.destinations.names import SystemNames
from storepulse.domain.errors import Rejected

#: Long enough for a busy machine; what is meant to time out says so itself.
PATIENCE = 30.0


class Names:
    """A resolver with answers handed in: the n-th question gets the n-th one, then the last."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self._answers[min(len(self.asked), len(self._answers)) - 1]


async def failure(client: SafeClient, url: str, **options: float) -> RequestFailed:
    with pytest.raises(RequestFailed) as failed:
        await client.request("POST", url, timeout=options.get("timeout", PATIENCE), content=b"{}")
    return failed.value


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
    network = JudgedNetwork(Names([]), lambda _: None)
    with pytest.raises(RequestFailed, match="file system"):
        await network.connect_unix_socket("/var/run/docker.sock")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "a URL of at most"),
        (None, "a URL of at most"),
        (7, "a URL of at most"),
        ("https://a.example/" + "x" * 2048, "a URL of at most"),
        ("ftp://a.example/", "wants https"),
        ("file:///etc/passwd", "wants https"),
        ("http+unix://%2Fvar%2Frun%2Fdocker.sock/", "wants https"),
        ("gopher://a.example/", "wants https"),
        ("//a.example/", "wants https"),
        ("a.example", "wants https"),
        ("https://", "has no host"),
        ("https:///path", "has no host"),
        ("https://user@a.example/", "user or password"),
        ("https://user:word@a.example/", "user or password"),
        ("https://a.example/#part", "fragment"),
        ("https://[fe80::1%25eth0]/", "interface"),
        ("https://a.example:0/", "port"),
        ("https://a.example:99999/", "port"),
        ("https://a.example:http/", "is no URL"),
        ("https://a.example/\r\nX: y", "is no URL"),
        ("https://a.example/\x00", "is no URL"),
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


# Servers that misbehave


@pytest.mark.parametrize("part", ["status", "headers", "body"])
async def test_a_server_that_drips_is_given_up(part: str) -> None:
    head = {
        "status": b"",
        "headers": b"HTTP/1.1 200 OK\r\n",
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
    }[part]
    text = b"HTTP/1.1 200 OK\r\n" if part == "status" else b"X: yyyyyyyyyyyyyyyyyyyyyyyy"
    drip = sending([head, *(bytes([byte]) for byte in text * 50)], pause=0.2)
    with Receiver(lambda _: drip) as server:
        async with SafeClient("private") as client:
            started = time.monotonic()
            failed = await failure(client, server.url, timeout=1.0)
            assert time.monotonic() - started < PATIENCE
    assert failed.kind == "timeout"
    assert failed.reason == "no complete answer within 1 s"


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"", "protocol"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 60_000, "protocol"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
            "protocol",
        ),
    ],
)
async def test_answers_that_are_none(sent: bytes, kind: str) -> None:
    with Receiver(lambda _: sending([sent])) as server:
        async with SafeClient("private") as client:
            assert (await failure(client, server.url)).kind == kind


@pytest.mark.parametrize(
    "size", [0, 1, ANSWER_LIMIT - 1, ANSWER_LIMIT, ANSWER_LIMIT + 1, 3_000_000]
)
@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
async def test_answers_are_read_up_to_a_limit(size: int, encoding: str) -> None:
    body = b"a" * size
    packed = {"": body, "gzip": gzip.compress(body), "deflate": zlib.compress(body)}[encoding]
    headers = {"content-encoding": encoding} if encoding else {}
    with Receiver(lambda _: Reply(200, packed, headers)) as server:
        async with SafeClient("private") as client:
            answer = await client.request("GET", server.url, timeout=PATIENCE)
            assert answer.body == body[:ANSWER_LIMIT]
            assert answer.truncated == (size > ANSWER_LIMIT)
            # What was left unread does not spoil the next request.
            again = await client.request("GET", server.url, timeout=PATIENCE, limit=10)
    assert again.body == body[:10]


async def test_an_endless_answer_ends_at_the_limit() -> None:
    endless = sending(chain([b"HTTP/1.1 200 OK\r\n\r\n"], repeat(b"x" * 65_536)))
    with Receiver(lambda _: endless) as server:
        async with SafeClient("private") as client:
            answer = await client.request("GET", server.url, timeout=PATIENCE)
    assert (len(answer.body), answer.truncated) == (ANSWER_LIMIT, True)


async def test_nobody_listens() -> None:
    with refusing_url() as url:
        async with SafeClient("private") as client:
            failed = await failure(client, url)
    assert failed.kind == "connect"
    assert f"127.0.0.1 port {url.rpartition(':')[2]}" in failed.reason


async def test_a_name_that_does_not_resolve() -> None:
    async def unknown(host: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async with SafeClient("public", resolve=unknown) as client:
        failed = await failure(client, "https://nowhere.example/")
        assert (failed.kind, "Name or service not known" in failed.reason) == ("dns", True)
    async with SafeClient("public", resolve=Names([])) as client:
        assert (await failure(client, "https://nowhere.example/")).kind == "dns"


async def test_a_name_that_hangs_delays_no_other() -> None:
    released = threading.Event()
    asked: list[str] = []

    def look_up(host: str) -> list[str]:
        asked.append(host)
        if host == "slow.example":
            released.wait(PATIENCE)
        if host == "unknown.example":
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return ["127.0.0.1"]

    names = SystemNames(look_up)
    try:
        waiting = [asyncio.ensure_future(names("slow.example")) for _ in range(100)]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(names("slow.example"), 0.05)
        assert await names("quick.example") == ["127.0.0.1"]
        with pytest.raises(socket.gaierror):
            await names("unknown.example")
        # One thread for all who ask for it; who gave up took nothing from the others.
        assert asked.count("slow.example") == 1
        released.set()
        assert await asyncio.gather(*waiting) == [["127.0.0.1"]] * 100
        assert await names("slow.example") == ["127.0.0.1"]
        assert asked.count("slow.example") == 2
    finally:
        released.set()
        names.close()


async def test_a_lookup_that_fails_after_everybody_left_is_no_surprise() -> None:
    released = threading.Event()

    def look_up(host: str) -> list[str]:
        released.wait(PATIENCE)
        raise socket.gaierror(socket.EAI_AGAIN, host)

    async with SafeClient("public", resolve=SystemNames(look_up)) as client:
        failed = await failure(client, "https://slow.example/", timeout=0.1)
    assert failed.kind == "timeout"
    released.set()


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nb", "a\x00b"])
async def test_a_header_that_would_be_two(value: str) -> None:
    with Receiver() as server:
        async with SafeClient("private") as client:
            with pytest.raises(RequestFailed) as failed:
                await client.request("POST", server.url, headers={"x-a": value}, timeout=PATIENCE)
    assert failed.value.kind == "protocol"
    assert server.requests == []


async def test_a_client_goes_on_after_failures() -> None:
    """A failed or abandoned request leaves nothing behind that the next one stumbles over."""

    def answer(request: Request) -> Reply:
        return Reply(200, b"ok", after=None if request.path == "/slow" else 0)

    with Receiver(answer) as server:
        async with SafeClient("private") as client:
            for _ in range(3):
                assert (await failure(client, f"{server.url}/slow", timeout=0.1)).kind == "timeout"
                answered = await client.request("GET", f"{server.url}/", timeout=PATIENCE)
                assert answered.body == b"ok"
