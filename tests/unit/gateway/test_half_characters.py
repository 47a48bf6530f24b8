"""Half of a surrogate pair in an event is named, costs that event alone, and takes no time."""

from __future__ import annotations

import json
import time

import pytest

from storepulse.domain.errors import Rejected
from storepulse.gateway.decoding import Decoding
from storepulse.streams.registry import STREAMS

DECODING = Decoding(STREAMS["activity"].input, 500)
EVENT = '{"session_id":"s","activity_type":"search","search_query":"%s"}'
PAIR = r"\ud83d\ude00"


def batch(*texts: str) -> bytes:
    return ('{"events":[%s]}' % ",".join(EVENT % text for text in texts)).encode()  # noqa: UP031


@pytest.mark.parametrize(
    "half",
    [r"\ud83d", r"\uDFFF", r"\ud83d\ud83d", r"\ude00\ud83d", r"\\\ud800", r"\ud83d\\ude00",
     r"\ud83d\u0041", r"\uD83D x", PAIR + r"\ud83d"],
)  # fmt: skip
def test_the_event_with_the_half_is_named_and_keeps_its_bytes(half: str) -> None:
    found = DECODING.decode_batch(batch(PAIR, half, r"\\ud83d"))
    assert [beacon.search_query for beacon in found.beacons] == ["\U0001f600", r"\ud83d"]  # type: ignore[attr-defined]
    (bad,) = found.bad
    assert (bad.index, bad.reason) == (1, "holds half of a surrogate pair")
    assert bad.raw == (EVENT % half).encode()


@pytest.mark.parametrize("half", [r"\ud83d", r"\uDFFF x", PAIR + r"\ud83d"])
@pytest.mark.parametrize("event", [EVENT, EVENT.replace("search_query", "unknown")])
def test_a_single_event_with_a_half_is_told_the_same(event: str, half: str) -> None:
    for decode in (DECODING.decode_one, DECODING.decode_any):
        with pytest.raises(Rejected) as refused:
            decode((event % half).encode())
        assert refused.value.reason == "holds half of a surrogate pair"


def test_what_is_no_json_for_another_reason_is_told_so() -> None:
    for cut in ((EVENT % r"\ud83d")[:-1], EVENT % r"\\ud83d" + "}", EVENT % r"\u12"):
        with pytest.raises(Rejected, match="not valid JSON"):
            DECODING.decode_one(cut.encode())


def test_a_half_in_the_batch_itself_refuses_it() -> None:
    with pytest.raises(Rejected, match="not valid JSON"):
        DECODING.decode_batch(batch("a")[:-1] + rb',"key":"\ud83d"}')
    with pytest.raises(Rejected, match="not valid JSON"):
        DECODING.decode_batch(rb'{"events":[{"a":"\ud83d"}')


@pytest.mark.parametrize("text", [r"\ud83d", "\\\\", PAIR, r"\ud83d\ud83d\ude00", r"\u"])
def test_any_number_of_escapes_takes_no_time(text: str) -> None:
    body = batch(text * (250_000 // len(text)))
    began = time.process_time()
    try:
        DECODING.decode_batch(body)
    except Rejected as refused:
        json.dumps(refused.reason)
    assert time.process_time() - began < 0.5
