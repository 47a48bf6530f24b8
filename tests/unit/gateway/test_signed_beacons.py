"""Signed calls as beacons: what is too large is shortened, what is odd is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storepulse.domain.errors import Rejected
from storepulse.gateway.call import Call
from storepulse.gateway.doors.beacons import beacons_of_call
from storepulse.gateway.endpoints import Endpoint
from storepulse.streams.stream import Ignored, SignedCall

MOST = 10_000


def told(beacons: Any, *, one: bool = False, body: bytes = b"{}") -> Any:
    def beacons_of(call: SignedCall) -> Any:
        assert (call.path, call.headers["x-topic"]) == ("/x", "t")
        return beacons(call.body) if callable(beacons) else beacons

    call = Call([(b"x-topic", b"t")], {b"x-topic": b"t"}, None, "r", "192.0.2.1")
    endpoint = Endpoint("/x", "order", one, "events", (), beacons_of=beacons_of)
    made = beacons_of_call(endpoint, call, body, MOST)
    return made if isinstance(made, Ignored) else json.loads(made)


def order(lines: int, name: str = "n", metadata: str = "") -> dict[str, Any]:
    items = [{"product_id": str(at), "name": name, "price": "1"} for at in range(lines)]
    return {"order_id": "1", "items": items, "metadata": {"note": metadata}}


def test_a_call_tells_a_batch_or_one_or_none() -> None:
    assert told([order(1)]) == {"events": [order(1)]}
    assert told([order(1)], one=True) == order(1)
    assert told(Ignored("It is a test")) == Ignored("It is a test")


def test_a_body_that_is_a_beacon_stays() -> None:
    call = Call([], {}, None, "r", "192.0.2.1")
    assert beacons_of_call(Endpoint("/x", "order", True, "e", ()), call, b"as is", MOST) == b"as is"


def test_an_order_with_too_many_lines_is_an_order() -> None:
    (nameless,) = told([order(100, "é" * 100)])["events"]
    assert nameless["items"] == [{"product_id": str(at), "price": "1"} for at in range(100)]
    assert told([order(1_000)])["events"] == [{"order_id": "1"}]
    assert told([order(0, metadata="x" * MOST)])["events"] == [{"order_id": "1"}]


@pytest.mark.parametrize("body", [b"[]", b"{}", b"1", b'{"id": null}', b"null"])
def test_a_form_that_nobody_foresaw_is_refused(body: bytes) -> None:
    with pytest.raises(Rejected):
        told(lambda document: [{"order_id": document["id"]["of"]}], body=body)


def test_a_body_that_is_no_json_is_refused() -> None:
    for body in (
        b"{", b"NaN", b"[" * 10_000, b"\xff", b'{"a":1}x', b'{"a":Infinity}', b'"\\ud800', b"",
        b'{"a":1e999}x', b'["\n", 1e999]', b"\xef\xbb\xbf1e999", b'"\xed\xa0\x80"',
    ):  # fmt: skip
        with pytest.raises(Rejected):
            told([order(1)], body=body)


@pytest.mark.parametrize(
    ("note", "read"),
    [
        (b'"Sold \\ud83d"', "Sold \ufffd"),
        (b'"\\udc00\\ud83d\\ude00"', "\ufffd\U0001f600"),
        (b'"\\\\ud83d"', "\\ud83d"),
        (b"1e999", float("inf")),
        (b"-1e999", float("-inf")),
        (b"1" * 30, int("1" * 30)),
        (b"1" * 5_000, None),
        (b'["\\ud800", 1e999]', ["\ufffd", float("inf")]),
    ],
)  # fmt: skip
def test_what_is_odd_in_a_field_that_nobody_reads_costs_nothing(note: bytes, read: Any) -> None:
    seen: list[Any] = []

    def beacons_of(document: Any) -> Any:
        seen.append(document)
        return [{"order_id": document["id"]}]

    body = b'{"id": 7, "note": %s, "last": "\\u00e9"}' % note
    assert told(beacons_of, body=body) == {"events": [{"order_id": 7}]}
    assert seen == [{"id": 7, "note": read, "last": "é"}]
