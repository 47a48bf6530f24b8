"""The load's batches of Segment's clients mean to the gateway what the checker knows of them."""

from __future__ import annotations

from random import Random

from tests.fault.segment import SegmentBatch, next_batch

from storepulse.gateway.decoding import Decoding
from storepulse.gateway.segment.batches import batches_of
from storepulse.gateway.segment.calls import read_call
from storepulse.streams.registry import STREAMS

NOW = 1_795_240_800_000


def load() -> list[SegmentBatch]:
    rng, recent = Random(7), list[SegmentBatch]()
    return [next_batch(rng, recent, NOW) for _ in range(200)]


def test_each_event_is_what_the_gateway_reads() -> None:
    decodings = {name: Decoding(stream.input, 500) for name, stream in STREAMS.items()}
    streams = set()
    for batch in load():
        call = read_call(None, batch.content())
        found = batches_of(call, decodings, lambda _: {}, is_trusted=True)
        sent = batch.sent()
        bad = {event.index for event in found["activity"].bad}
        assert bad == {at for at, one in enumerate(sent) if not one.good}
        for stream, told in found.items():
            for at, beacon in zip(told.indexes or (), told.beacons, strict=True):
                assert sent[at].stream == stream
                streams.add(stream)
                for name in ("session_id", "visitor_id", "order_id", "currency"):
                    expected = sent[at].fields.get(name)
                    assert getattr(beacon, name) == expected, name
                assert beacon.timestamp == sent[at].fields["occurred_at"]
    assert streams == {"activity", "order"}


def test_some_come_again() -> None:
    batches = load()
    assert len({batch.content() for batch in batches}) < len(batches) - 30
