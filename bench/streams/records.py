"""Beacons of any stream as the records that the gateway makes of them, repeats among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from random import Random
from typing import Any

import msgspec

from bench.streams.visits import envelopes
from bench.traffic import AGENT, with_repeats
from storepulse.adapters.settings import Settings
from storepulse.gateway.encoding.enveloper import Enveloper
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.names.database_names import DatabaseNames
from storepulse.gateway.names.new_name_limits import NewNameLimits
from storepulse.streams.beacon import Rules
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import Stream

DUPLICATES = 0.1
#: Events of one request.
BATCH = 50

MakeBeacons = Callable[[Random, int, int, int], Iterator[dict[str, Any]]]


def stream_records(
    stream: str, since_ms: int, until_ms: int, count: int, seed: int = 7
) -> Iterator[tuple[bytes, bytes]]:
    """`count` records (key, value) between two times, a tenth of them repeats of recent ones.

    Raises ValueError for a beacon that the gateway would refuse.
    """
    rnd = Random(f"{seed} {stream}")
    source = beacons_of(stream)(rnd, since_ms, until_ms, count)
    return with_repeats(_encoded(STREAMS[stream], source), rnd, DUPLICATES, count)


def beacons_of(stream: str) -> MakeBeacons:
    """The stream's module, or samples where it has none."""
    name = f"bench.streams.{stream}"
    if find_spec(name) is None:
        return _samples(STREAMS[stream])
    made: MakeBeacons = import_module(name).beacons
    return made


def _samples(stream: Stream) -> MakeBeacons:
    def beacons(rnd: Random, since_ms: int, until_ms: int, count: int) -> Iterator[dict[str, Any]]:
        kinds = rnd.choices(stream.types.names, k=count)
        source = envelopes(rnd, since_ms, until_ms, count)
        for kind, (_, envelope) in zip(kinds, source, strict=True):
            yield stream.sample(kind, envelope)

    return beacons


def _encoded(stream: Stream, beacons: Iterator[dict[str, Any]]) -> Iterator[tuple[bytes, bytes]]:
    limits = NewNameLimits(Settings.model_validate({}), DatabaseNames())
    enveloper = Enveloper(stream, Rules(), limits)
    decode = msgspec.json.Decoder(list[stream.input.beacon]).decode  # type: ignore[name-defined]
    while bodies := list(islice(beacons, BATCH)):
        batch: list[Any] = decode(msgspec.json.encode(bodies))
        received = max(beacon.timestamp for beacon in batch) + 200
        # A sender with a key: without one, too many new stores would be refused.
        sender = RequestContext(
            received, "tracker", "198.51.100.7", AGENT, None, None, trusted=True, key_id=1
        )
        result = enveloper.encode_all(batch, sender)
        if result.refused:
            raise ValueError(f"{stream.name}: {result.refused[0][1]}")
        yield from (record for record in result.records if record is not None)
