"""HEAD, OPTIONS, Expect and gzip, as bytes on the wire of both services."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import (
    ACTIVITY,
    CARTS,
    HEATMAP,
    Answer,
    connect,
    get,
    head,
    read_answer,
)
from tests.support.services import running
from tests.support.world import World

from storepulse.access.rules.routes import OF_EACH, QUERY
from storepulse.adapters.settings import Settings
from storepulse.gateway.endpoints import PASSING_GATEWAY, endpoints

#: With answers that are the same each time, below and above 1 KiB.
READS = (
    "/subjects",
    "/openapi.json",
    "/schemas/types",
    "/subjects/nothing/versions",
    "/api/streams",
)
#: Those that no call changes.
STEADY = frozenset({"status", "content-type", "content-length", "content-encoding", "vary"})
REPLAY = "/api/dead-letters/replay"
SERVICES = ("gateway", "query")


@pytest.fixture(scope="module")
def ports(module_world: World) -> Iterator[dict[str, int]]:
    settings: Settings = changed(
        module_world.settings, **{**OPEN, "gateway_proxy_reads": True, "query_require_key": None}
    )
    with running("query", settings), running("gateway", settings) as service:
        yield {"gateway": service.settings.gateway_port, "query": service.settings.query_port}


def steady(answer: Answer) -> dict[str, str]:
    headers = {"status": str(answer.status), **answer.headers}
    return {name: value for name, value in headers.items() if name in STEADY}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("accept", ["gzip", "identity"])
def test_head_is_answered_like_get(
    ports: dict[str, int], module_world: World, service: str, path: str, accept: str
) -> None:
    key = {"X_Api_Key": module_world.key, "Accept_Encoding": accept}
    whole = get(ports[service], path, **key)
    assert steady(get(ports[service], path, "HEAD", **key)) == steady(whole)
    with connect(ports[service]) as sock:
        sock.sendall(head(path, None, "HEAD", **key) + head("/healthz", None, "GET"))
        _, rest = read_answer(sock, bodiless=True)
        assert read_answer(sock, rest)[0].json["status"] == "ok"


@pytest.mark.parametrize("service", SERVICES)
def test_options_of_every_path(ports: dict[str, int], service: str) -> None:
    table = PASSING_GATEWAY if service == "gateway" else QUERY
    paths: dict[str, set[str]] = {}
    for method, path in table:
        paths.setdefault(path, set()).add(method)
    for path, methods in paths.items():
        asked = path.replace("{", "").replace("}", "")
        preflight = {"Origin": "https://shop.example", "Access_Control_Request_Method": "POST"}
        for headers in ({}, preflight):
            answer = get(ports[service], asked, "OPTIONS", **headers)
            assert (answer.status, answer.body) == (204, b""), (path, answer)
            allowed = set(answer.headers["allow"].split(", "))
            expected = methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
            assert allowed == expected, path
            is_cors = "access-control-allow-origin" in answer.headers
            is_of_pages = any(table[method, path].of_pages for method in methods)
            assert is_cors is (bool(headers) and is_of_pages), path
    assert {path for _, path in OF_EACH} <= paths.keys()
    if service == "gateway":
        assert endpoints(Settings()).keys() <= paths.keys()


def first_line(port: int, request: bytes) -> bytes:
    """The first line that a request with more to come is answered."""
    with connect(port) as sock:
        sock.sendall(request)
        return sock.recv(65_536).split(b"\r\n")[0][9:12]


@pytest.mark.parametrize(("service", "path"), [
    ("gateway", ACTIVITY), ("gateway", CARTS), ("gateway", HEATMAP), ("gateway", "/collect"),
    ("gateway", REPLAY), ("query", REPLAY),
])  # fmt: skip
def test_who_expects_100_is_told_before_the_body_what_the_head_says(
    ports: dict[str, int], module_world: World, service: str, path: str
) -> None:
    port, good = ports[service], {"X_Api_Key": module_world.key}
    asks = {"Expect": "100-continue"}
    assert first_line(port, head(path, 100, **good, **asks)) == b"100"
    assert first_line(port, head(path, 10_000_000, **good, **asks)) == b"413"
    # What the gateway passes on is judged by the query service, which knows the newest keys.
    unknown = b"100" if (service, path) == ("gateway", REPLAY) else b"401"
    assert first_line(port, head(path, 100, X_Api_Key="ssk_unknown", **asks)) == unknown
    for other in ("200-ok", "100-continue, x", "?"):
        assert first_line(port, head(path, 100, **good, Expect=other)) == b"417"
    # A beacon's key may stand in its body.
    without_key = b"401" if path == REPLAY else b"100"
    assert first_line(port, head(path, 100, **asks)) == without_key


def test_a_body_that_was_not_waited_for_is_not_read_as_a_request(ports: dict[str, int]) -> None:
    with connect(ports["gateway"]) as sock:
        smuggled = head("/healthz", None, "GET")
        refused = head(ACTIVITY, len(smuggled), X_Api_Key="ssk_unknown", Expect="100-continue")
        sock.sendall(refused + smuggled)
        received = b""
        while data := sock.recv(65_536):
            received += data
    assert received.count(b"HTTP/1.1 ") == 1
    assert received.startswith(b"HTTP/1.1 401 ")


def test_refusals_before_the_body_count_against_the_limit(world: World) -> None:
    settings = changed(world.settings, **{**OPEN, "limit_events_per_minute": 3})
    asks = {"Expect": "100-continue", "X_Api_Key": "ssk_unknown"}
    with running("gateway", settings) as service:
        port = service.settings.gateway_port
        # Known as soon as the keys are.
        seen = [first_line(port, head(ACTIVITY, 100, **asks)) for _ in range(5)]
    assert seen[3:] == [b"429", b"429"]
    assert b"100" not in seen


@pytest.mark.parametrize("service", SERVICES)
def test_reads_are_compressed(ports: dict[str, int], module_world: World, service: str) -> None:
    port, key = ports[service], {"X_Api_Key": module_world.key}
    subjects: list[str] = get(port, "/subjects").json
    path = f"/subjects/{subjects[0]}/versions/1"
    plain = get(port, path, **key)
    assert len(plain.body) > 1_024
    assert plain.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in plain.headers
    packed = get(port, path, **key, Accept_Encoding="br, gzip;q=0.5")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert len(packed.body) < len(plain.body) / 2
    assert gzip.decompress(packed.body) == plain.body
    assert get(port, path, **key, Accept_Encoding="gzip;q=0").body == plain.body
    small = get(port, "/schemas/types", **key, Accept_Encoding="gzip")
    assert not {"vary", "content-encoding"} & small.headers.keys()


def test_the_gateway_passes_compressed_answers_on_as_they_are(
    ports: dict[str, int], module_world: World
) -> None:
    asked = {"X_Api_Key": module_world.key, "Accept_Encoding": "gzip"}
    subject = get(ports["query"], "/subjects").json[0]
    path = f"/subjects/{subject}/versions/1"
    direct, passed = (get(ports[service], path, **asked) for service in SERVICES[::-1])
    assert direct.headers["content-encoding"] == "gzip"
    assert passed.body == direct.body
    assert steady(passed) == steady(direct)


def test_new_secrets_are_never_compressed(ports: dict[str, int], module_world: World) -> None:
    with connect(ports["query"]) as sock:
        url = b"https://a.example/" + b"a" * 1_500
        document = b'{"name": "d", "kind": "webhook", "config": {"url": "%b"}}' % url
        asked = {"X_Api_Key": module_world.key, "Accept_Encoding": "gzip"}
        sock.sendall(head("/api/destinations", len(document), **asked) + document)
        answer, _ = read_answer(sock)
    assert "content-encoding" not in answer.headers
    assert len(answer.body) > 1_024, answer.body
    assert b"whsec_" in answer.body, answer.body
