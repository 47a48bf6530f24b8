"""Segment's calls as batches of beacons: hostile values, limits, how refusals are named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.hostile.documents import bodies, fields

from storepulse.adapters.http.errors import RequestRefused
from storepulse.domain.errors import Rejected
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.segment.batches import SegmentBatch, batches_of
from storepulse.gateway.segment.calls import PATHS, read_call
from storepulse.streams.beacon import Rules
from storepulse.streams.registry import STREAMS

DECODINGS = {name: Decoding(stream.input, 500) for name, stream in STREAMS.items()}
GOOD: dict[str, Any] = {
    "type": "track", "anonymousId": "a", "userId": "u", "messageId": "m",
    "event": "Order Completed", "traits": {"email": "a@b.example"},
    "properties": {"order_id": "1", "total": 5, "currency": "EUR"},
    "context": {"page": {"url": "https://shop.example/"}}, "timestamp": "2026-01-31T08:00:00Z",
    "integrations": {"All": True}, "sentAt": "2026-01-31T08:00:00Z", "writeKey": "spk_x",
    "groupId": "g", "previousId": "p", "name": "n",
}  # fmt: skip


def batches(
    body: bytes, path: str = "/v1/batch", *, trusted: bool = True
) -> dict[str, SegmentBatch]:
    call = read_call(PATHS[path], body)
    call.check_count(500)
    return batches_of(call, DECODINGS, lambda _: {}, is_trusted=trusted)


def values_of(found: dict[str, SegmentBatch]) -> int:
    """Makes the own values of every beacon, as the enveloper does; how many are good."""
    good = 0
    for name, batch in found.items():
        for beacon in batch.beacons:
            try:
                STREAMS[name].input.own(beacon, Rules())
            except Rejected:
                continue
            good += 1
    return good


def hostile() -> Iterator[tuple[str, bytes]]:
    yield from bodies(GOOD)
    yield from fields(GOOD, list(GOOD))
    for part in ("properties", "context", "traits", "integrations"):
        for name, document in fields(GOOD[part], list(GOOD[part])):
            text = json.dumps({**GOOD, part: "\u0001"})
            yield f"{part}.{name}", text.replace(json.dumps("\u0001"), document.decode(
                "utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")  # fmt: skip


def test_no_hostile_document_is_more_than_refused() -> None:
    good = refused = 0
    for kind in ("track", "page", "identify", "group", "alias"):
        for _, document in hostile():
            try:
                found = batches(document, f"/v1/{kind}")
            except (Rejected, RequestRefused):
                refused += 1
                continue
            good += values_of(found)
            refused += len(found["activity"].bad)
    assert good > 1_000
    assert refused > 1_000


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
messages = st.fixed_dictionaries(
    {},
    optional={name: anything | st.just(value) for name, value in GOOD.items()},
)


@settings(max_examples=200, deadline=None)
@given(st.lists(messages | anything, min_size=1, max_size=3), st.booleans())
def test_any_messages_are_taken_or_refused(sent: list[Any], trusted: bool) -> None:
    found = batches(json.dumps({"batch": sent}).encode(), trusted=trusted)
    values_of(found)
    indexes = [index for one in found.values() for index in one.indexes or ()]
    indexes += [event.index for event in found["activity"].bad]
    assert sorted(indexes) == list(range(len(sent)))


def test_a_batch_has_good_and_bad_messages_by_stream() -> None:
    refund = {**GOOD, "event": "Order Refunded", "messageId": "r"}
    bad = {**GOOD, "userId": ["u"]}
    sent = {"batch": [bad, GOOD, refund], "writeKey": "ssk_x", "sentAt": "2026-01-31T08:00:00Z"}
    call = read_call(None, json.dumps(sent).encode())
    assert (call.key, call.is_one) == ("ssk_x", False)
    found = batches_of(call, DECODINGS, lambda _: {}, is_trusted=True)
    assert {name: batch.indexes for name, batch in found.items()} == {"activity": [1], "order": [2]}
    (event,) = found["activity"].bad
    assert (event.index, event.field, json.loads(event.raw)) == (0, "userId", bad)


def test_refusals_name_the_messages_fields() -> None:
    many = {str(number): 1 for number in range(201)}
    for path, message, field in (
        ("/v1/track", {"event": "x", "properties": many}, "properties"),
        ("/v1/identify", {"traits": many}, "traits"),
    ):
        found = batches(json.dumps({"anonymousId": "a", **message}).encode(), path)["activity"]
        with pytest.raises(Rejected) as refused:
            STREAMS["activity"].input.own(found.beacons[0], Rules())  # type: ignore[arg-type]
        assert found.bad_event(0, refused.value).field == field


def test_half_a_pair_costs_its_own_message_alone() -> None:
    good = json.dumps(GOOD)
    half = good.replace('"Order Completed"', r'"cut \ud83d"')
    found = batches(f'{{"batch":[{half},{good}]}}'.encode())["activity"]
    assert found.indexes == [1]
    assert [(bad.reason, bad.raw) for bad in found.bad] == [
        ("holds half of a surrogate pair", half.encode())
    ]


def test_a_single_message_with_a_half_is_told_the_same() -> None:
    half = json.dumps(GOOD).replace('"Order Completed"', r'"cut \ud83d"')
    (bad,) = batches(half.encode(), "/v1/track")["activity"].bad
    assert (bad.reason, bad.raw) == ("holds half of a surrogate pair", half.encode())


def test_what_the_batch_says_holds_for_messages_that_say_nothing() -> None:
    own = {**GOOD, "context": {"sessionId": "mine"}}
    bare = {"type": "track", "userId": "u", "event": "x"}
    sent = {"batch": [own, bare], "context": {"sessionId": "all"}, "integrations": {"All": False}}
    found = batches(json.dumps(sent).encode())["activity"].beacons
    assert [beacon.session_id for beacon in found] == ["mine", "all"]
    assert found[1].consent is not None
    assert found[1].consent.marketing == "denied"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"batch": []}', "batch"),
        (b'{"batch": {}}', "batch"),
        (b"{}", "batch"),
        (b'{"batch": [{}], "writeKey": 7}', "writeKey"),
        (b"[]", ""),
        (b"{", ""),
    ],
)
def test_what_is_no_batch_is_named(body: bytes, field: str) -> None:
    with pytest.raises(Rejected) as refused:
        read_call(None, body).check_count(500)
    assert refused.value.field == field


def test_a_batch_holds_so_many() -> None:
    body = b'{"batch": [' + b",".join([b"{}"] * 4) + b"]}"
    call = read_call(None, body)
    call.check_count(4)
    with pytest.raises(RequestRefused) as refused:
        call.check_count(3)
    assert refused.value.status == 413
