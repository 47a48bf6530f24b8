"""An event that is nested too deeply costs itself alone, keeps its bytes, and takes no time."""

from __future__ import annotations

import json
import time

import msgspec
import pytest

from storepulse.domain.errors import Rejected
from storepulse.gateway.collector import _decode_stream_batch
from storepulse.gateway.decoding import BeaconBatch, Decoding
from storepulse.gateway.deep_values import (
    DEEP,
    MOST_BRACKETS,
    hide_deep_values,
    restore_deep_values,
)
from storepulse.gateway.half_surrogates import decode_around_faults
from storepulse.gateway.segment.calls import read_call
from storepulse.streams.registry import STREAMS

DECODING = Decoding(STREAMS["activity"].input, 500)
HALF = r"\ud83d"


def event(metadata: str = "{}", text: str = "") -> str:
    return (
        f'{{"session_id":"s","activity_type":"search","search_query":"{text}",'
        f'"metadata":{{"a":{metadata}}}}}'
    )


def nested(levels: int) -> str:
    return "[" * levels + '"]}\\"[{"' + "]" * levels


def objects(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


DEEP_EVENTS = [
    event(nested(1_100)),
    event(objects(50_000)),
    event("1").replace("metadata", "unknown").replace("1}", nested(2_000) + "}"),
]


def decode_collect(body: bytes) -> BeaconBatch:
    named = decode_around_faults(_decode_stream_batch, body)
    return DECODING.decode_events(named.events, named.key)


@pytest.mark.parametrize("deep", DEEP_EVENTS, ids=["lists", "objects", "an unknown field"])
@pytest.mark.parametrize(
    ("form", "decode"),
    [
        ('{"events":[%s]}', DECODING.decode_batch),
        ('{"events":[%s]}', DECODING.decode_any),
        (" [%s]", DECODING.decode_any),
        ('{"stream":"activity","events":[%s]}', decode_collect),
        ('{"events":[%s],"stream":"activity"}', decode_collect),
    ],
)
def test_the_others_of_a_batch_are_taken(form: str, decode: object, deep: str) -> None:
    assert callable(decode)
    found = decode((form % ",".join((event(), deep, event(text="last")))).encode())
    assert [beacon.search_query for beacon in found.beacons] == ["", "last"]
    assert found.indexes == [0, 2]
    (bad,) = found.bad
    assert (bad.index, bad.field, bad.reason) == (1, "", "is nested too deeply")
    assert bad.raw == deep.encode()


def test_a_message_of_segments_costs_itself_alone() -> None:
    deep = '{"type":"track","properties":' + objects(1_500) + "}"
    call = read_call(None, f'{{"batch":[{{"type":"page"}},{deep}],"writeKey":"k"}}'.encode())
    assert (call.key, call.message(0)) == ("k", {"type": "page"})
    with pytest.raises(Rejected, match="nested too deeply"):
        call.message(1)
    assert call.bytes_of(1) == deep.encode()


def test_a_single_event_is_told_the_same() -> None:
    for decode in (DECODING.decode_one, DECODING.decode_any):
        with pytest.raises(Rejected, match="nested too deeply"):
            decode(event(nested(1_100)).encode())


def test_halves_and_deep_values_are_told_apart() -> None:
    sent = [event(nested(1_100)), event(text=HALF), event(nested(1_100), HALF), event()]
    for order in (sent, sent[::-1]):
        found = DECODING.decode_batch(f'{{"events":[{",".join(order)}]}}'.encode())
        assert len(found.beacons) == 1
        assert {bad.raw.decode(): bad.reason for bad in found.bad} == {
            sent[0]: "is nested too deeply",
            sent[1]: "holds half of a surrogate pair",
            sent[2]: "is nested too deeply",
        }


@pytest.mark.parametrize(
    "body",
    [
        "[" * 5_000,
        '{"events":{"a":' + nested(3_000) + "}}",
        '{"events":[{}],"sent_at":' + nested(3_000) + "}",
        '{"events":[' + event() + "]" * 2_000,
        '{"events":[' + nested(MOST_BRACKETS + 1) + "]}",
    ],
    ids=["a list", "no list", "beside it", "without an end", "too many brackets"],
)
def test_what_is_deep_or_broken_as_a_whole_is_refused_as_such(body: str) -> None:
    with pytest.raises((Rejected, msgspec.MsgspecError)):
        DECODING.decode_batch(body.encode())


def test_what_is_hidden_comes_back() -> None:
    body = json.dumps({"a": "[[", "b": json.loads(objects(700)), "c": [json.loads(objects(300))]})
    hidden = hide_deep_values(body.encode())
    assert len(hidden) != len(body)
    assert hidden.count(DEEP) == 2
    assert restore_deep_values(hidden) == body.encode()
    forged = b'{"a":"' + DEEP + b'abc"}'
    assert restore_deep_values(forged) == forged


def test_the_largest_body_takes_no_time() -> None:
    body = b"[" * MOST_BRACKETS + b"]" * MOST_BRACKETS
    before = time.process_time()
    hide_deep_values(body)
    assert time.process_time() - before < 1
