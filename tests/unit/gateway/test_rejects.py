"""What is kept of refused bodies: without keys, cut, and no more a second than was allowed."""

from __future__ import annotations

import gzip
import zlib
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from storepulse.gateway import rejects
from storepulse.gateway.bodies import BadGzip, gunzip
from storepulse.gateway.publishing.publisher import Publisher
from storepulse.gateway.rejects import MOST_KEPT, RefusedSender, Rejects

STORE, OTHER = UUID(int=1), UUID(int=2)
NOBODY = RefusedSender(is_known=False, store_id=None)
KEY = "ssk_Canary-0123456789"


class Kept:
    """Stands where the publisher does."""

    def __init__(self) -> None:
        self.broker = SimpleNamespace(is_writable=True)
        self.records: list[tuple[bytes, dict[str, Any]]] = []
        self.is_full = False

    def publish_aside(self, _topic: str, value: bytes, headers: dict[str, Any]) -> bool:
        if not self.is_full:
            self.records.append((value, headers))
        return not self.is_full


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(rejects, "monotonic", lambda: now[0])
    return now


def refusing(bodies: int = 1_000, size: int = 1_000_000) -> tuple[Kept, Rejects]:
    kept = Kept()
    return kept, Rejects(cast("Publisher", kept), "dlq", bodies, size)


def keep(into: Rejects, body: bytes, *, known: bool = False, store: UUID | None = None) -> None:
    into.keep("heatmap", body, "x", "is wrong", "c-1", RefusedSender(known, store))


def test_bytes_are_limited_by_the_second(clock: list[float]) -> None:
    kept, into = refusing(size=1_000)
    for _ in range(20):
        keep(into, b"x" * 300)
    assert len(kept.records) == 3
    clock[0] += 1
    keep(into, b"x" * 300)
    assert len(kept.records) == 4


def test_bodies_are_limited_by_the_second(clock: list[float]) -> None:
    kept, into = refusing(bodies=2)
    for _ in range(5):
        keep(into, b"x")
    assert len(kept.records) == 2
    clock[0] += 1
    keep(into, b"x")
    assert len(kept.records) == 3


def test_who_has_no_key_uses_up_nobody_elses_allowance(clock: list[float]) -> None:
    kept, into = refusing(size=1_000)
    for _ in range(20):
        keep(into, b"x" * 300)
    mine = b"mine" * 100
    keep(into, mine, known=True)
    assert kept.records[-1][0] == mine
    for _ in range(20):
        keep(into, b"y" * 300, known=True)
    assert sum(len(body) for body, _ in kept.records) <= 2_000


def test_the_next_one_says_how_many_of_its_store_were_left_out(clock: list[float]) -> None:
    kept, into = refusing(bodies=2)
    for store in (STORE, OTHER, STORE, STORE, OTHER, None):
        keep(into, b"x", known=True, store=store)
    clock[0] += 1
    for store in (STORE, None):
        keep(into, b"x", known=True, store=store)
    clock[0] += 1
    for store in (STORE, OTHER):
        keep(into, b"x", known=True, store=store)
    said = [(h.get("store_id"), h.get("left_out")) for _, h in kept.records]
    first, second = str(STORE), str(OTHER)
    assert said == [
        (first, None), (second, None), (first, "2"), (None, "1"), (first, None), (second, "1"),
    ]  # fmt: skip


def test_what_kafka_did_not_take_is_counted_with_what_went_before(clock: list[float]) -> None:
    kept, into = refusing(bodies=1)
    keep(into, b"x")
    keep(into, b"x")
    clock[0] += 1
    kept.is_full = True
    keep(into, b"x")
    kept.is_full = False
    clock[0] += 1
    keep(into, b"x")
    assert [headers.get("left_out") for _, headers in kept.records] == [None, "2"]


def test_a_long_body_is_cut_and_says_so(clock: list[float]) -> None:
    kept, into = refusing()
    keep(into, b"x" * (MOST_KEPT + 1))
    keep(into, b"x" * MOST_KEPT)
    (cut, said), (whole, nothing) = kept.records
    assert (len(cut), said["body_bytes"]) == (MOST_KEPT, str(MOST_KEPT + 1))
    assert len(whole) == MOST_KEPT
    assert "body_bytes" not in nothing


def test_a_key_at_the_cut_is_taken_out_too(clock: list[float]) -> None:
    kept, into = refusing()
    for left in range(1, len(KEY)):
        keep(into, b"x" * (MOST_KEPT - left) + KEY.encode())
    assert not any(b"Canary"[:2] in body for body, _ in kept.records)


def test_headers_hold_no_key_and_are_short(clock: list[float]) -> None:
    kept, into = refusing()
    into.keep("heatmap", b"", f"meta.{KEY}", f"has {KEY}" + "x" * 5_000, KEY, NOBODY)
    headers = kept.records[0][1]
    assert not any("Canary" in str(value) for value in headers.values())
    assert len(headers["reason"]) < 600


def broken(body: bytes) -> dict[str, bytes]:
    packed = gzip.compress(body, 1)
    stored = zlib.compressobj(0, zlib.DEFLATED, 31)
    plain = stored.compress(body) + stored.flush()
    return {
        "truncated": packed[:-4],
        "bad checksum": packed[:-8] + bytes(8),
        "two members": packed + packed,
        "bytes behind": packed + body,
        "stored, truncated": plain[:-3],
        "garbage inside": packed[:-12] + b"\xff" * 12,
        "no gzip": body,
        "nothing": b"",
    }


@pytest.mark.parametrize("kind", broken(b""))
def test_what_could_not_be_unpacked_is_kept_as_far_as_it_was(kind: str) -> None:
    body = b'{"events":[' + b'{"a":"%s"},' % KEY.encode() * 50 + b"]}"
    with pytest.raises(BadGzip) as told:
        gunzip(broken(body)[kind], 100_000)
    readable = told.value.readable
    assert body.startswith(readable)
    if kind not in ("no gzip", "nothing", "garbage inside", "bad checksum"):
        assert readable == body
