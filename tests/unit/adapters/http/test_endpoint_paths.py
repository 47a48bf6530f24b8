"""What serves a path: exact ones, and those whose last segment is anything."""

from __future__ import annotations

import pytest

from storepulse.adapters.http.endpoint_paths import EndpointPaths, last_segment

PATHS = EndpointPaths({"/collect": "any", "/ab/metric/{test_id}": "metric", "/ab/events": "one"})


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        (b"/collect", "any"),
        (b"/ab/events", "one"),
        (b"/ab/metric/7", "metric"),
        (b"/ab/metric/a%20b", "metric"),
        (b"/ab/metric/%C3%BC", "metric"),
        (b"/ab/metric/" + b"x" * 1_000, "metric"),
    ],
)
def test_a_path_has_its_endpoint(path: bytes, endpoint: str) -> None:
    assert PATHS[path] == endpoint


@pytest.mark.parametrize(
    "path",
    [
        b"", b"/", b"*", b"/collect/", b"/collect/7", b"/ab/metric", b"/ab/metric/",
        b"/ab/metric/7/8", b"/ab/metric//7", b"/ab//metric/7", b"/ab/metric/.", b"/ab/metric/..",
        b"/ab/metric/../events", b"/ab/metric/%2e%2e", b"/ab/metric/a%2Fb", b"/ab/metric/%41",
        b"/ab/metric/%FF", b"/ab/metric/%0", b"/ab/metric/{test_id}", b"/ab/metric/a%00b",
        b"/AB/metric/7", b"ab/metric/7",
    ],
)  # fmt: skip
def test_other_spellings_have_none(path: bytes) -> None:
    assert PATHS[path] is None


def test_the_last_segment_is_decoded() -> None:
    assert last_segment(b"/ab/metric/a%20%C3%BC") == "a ü"
    assert last_segment(b"/ab/metric/..") == ""


def test_looking_adds_nothing() -> None:
    paths = EndpointPaths({"/a/{b}": "b"})
    assert [paths[b"/a/%d" % number] for number in range(100)] == ["b"] * 100
    assert len(paths) == 0


def test_a_name_stands_last() -> None:
    with pytest.raises(NotImplementedError, match="not its last"):
        EndpointPaths({"/a/{b}/c": "c"})
