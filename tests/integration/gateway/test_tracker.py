"""The browser's tracker from a running gateway."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import get
from tests.support.services import running
from tests.support.world import World

from storepulse.gateway.tracker.files import BUILT
from storepulse.local import ports


@pytest.fixture(scope="module")
def closed_port(module_world: World) -> Iterator[int]:
    """A gateway that asks for keys and has the tightest limits."""
    settings = changed(
        module_world.settings,
        **{name: 1 for name in OPEN if name.startswith("limit_")},
        gateway_require_key=True,
        gateway_port=ports.free_port(),
    )
    with running("gateway", settings) as service:
        yield service.settings.gateway_port


def test_it_is_open_to_all_and_counts_against_no_limit(closed_port: int) -> None:
    script = (BUILT / "tracker.js").read_bytes()
    for _ in range(3):
        answer = get(closed_port, "/tracker.js?v=1")
        assert (answer.status, answer.body) == (200, script)
        assert "ratelimit-limit" not in answer.headers
    lines = get(closed_port, "/metrics").status
    assert lines in (200, 401)


def test_every_file_of_the_manifest_is_served(closed_port: int) -> None:
    manifest = json.loads((BUILT / "manifest.json").read_bytes())
    for module, made in manifest.items():
        for name in (made["file"], f"{made['file']}.map", f"{module}.js"):
            source = name if name != f"{module}.js" else made["file"]
            answer = get(closed_port, f"/tracker/{name}")
            assert (answer.status, answer.body) == (200, (BUILT / source).read_bytes()), name
        packed = get(closed_port, f"/tracker/{made['file']}", Accept_Encoding="gzip")
        assert gzip.decompress(packed.body) == (BUILT / made["file"]).read_bytes()
        # Two libraries pack to within a few bytes of each other; the limits hold for either.
        assert abs(len(packed.body) - made["gzip"]) <= 16
        assert packed.headers["content-length"] == str(len(packed.body))


def test_a_head_says_what_a_get_would(closed_port: int) -> None:
    head, got = get(closed_port, "/tracker.js", "HEAD"), get(closed_port, "/tracker.js")
    assert (head.status, head.body) == (200, b"")
    apart = {"x-request-id", "x-correlation-id", "date"}
    assert {k: v for k, v in head.headers.items() if k not in apart} == {
        k: v for k, v in got.headers.items() if k not in apart
    }
    kept = get(closed_port, "/tracker.js", If_None_Match=got.headers["etag"])
    assert (kept.status, kept.body) == (304, b"")
    assert "content-length" not in kept.headers


@pytest.mark.parametrize(
    "path",
    [
        "/tracker", "/tracker/", "/tracker//core.js", "/tracker/../tracker.js",
        "/tracker/%2e%2e%2ffiles.py", "/tracker/..%2f__init__.py", "/tracker/manifest.json",
        "/tracker/core.js/x", "/tracker/%00", "/tracker/built%2ftracker.js", "/Tracker.js",
    ],
)  # fmt: skip
def test_no_path_leads_elsewhere(closed_port: int, path: str) -> None:
    assert get(closed_port, path).status in (400, 404)


def test_other_methods_are_refused(closed_port: int) -> None:
    for path in ("/tracker.js", "/tracker/core.js"):
        answer = get(closed_port, path, "POST")
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert get(closed_port, path, "OPTIONS").status == 204


def test_answers_are_the_same_whatever_the_request_claims(closed_port: int) -> None:
    """A shared cache keeps them: nothing but the coding may change what they are."""
    usual = get(closed_port, "/tracker.js")
    for odd in (
        {"X_Forwarded_Host": "evil.example"}, {"X_Forwarded_Proto": "http"},
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Cookie": "sp_id=x"},
        {"X_Original_Url": "/x"},
    ):  # fmt: skip
        answer = get(closed_port, "/tracker.js", **odd)
        assert answer.body == usual.body
        assert "set-cookie" not in answer.headers
        assert "evil" not in str(answer.headers)
        assert answer.headers["access-control-allow-origin"] == "*"
