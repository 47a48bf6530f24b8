"""The bench plays every stream: valid records with realistic keys, a tenth of them repeats."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from random import Random
from typing import Any

import pytest
from bench.report import show
from bench.results import Results
from bench.streams import records
from bench.streams.records import beacons_of, stream_records
from bench.targets import BASELINE, OF_BASELINE, STREAM_RATES, TARGETS
from rich.console import Console

from storepulse.contracts.decoder import decode
from storepulse.contracts.schemas import schema_of
from storepulse.streams.registry import STREAMS

SINCE, UNTIL = 1_700_000_000_000, 1_700_003_600_000
COUNT = 3_000


def frame_of(stream: str, chosen: list[tuple[bytes, bytes]]) -> Any:
    decoded = decode(schema_of(stream), [v for _, v in chosen], [k for k, _ in chosen])
    assert decoded.bad == []
    return decoded.frame


@pytest.mark.parametrize("stream", STREAMS)
def test_a_streams_records_decode_and_repeat(stream: str) -> None:
    chosen = list(stream_records(stream, SINCE, UNTIL, COUNT))
    frame = frame_of(stream, chosen)
    assert frame.height == COUNT
    assert 0.87 * COUNT < frame["event_id"].n_unique() < 0.93 * COUNT
    assert frame["store_id"].n_unique() == 10
    # Many records have a key in common, and there are many keys.
    keys = len({key for key, _ in chosen})
    least = 9 if schema_of(stream).key == ("store_id",) else 100
    assert least < keys < COUNT / 2
    again = frame_of(stream, list(stream_records(stream, SINCE, UNTIL, COUNT)))
    assert again["event_id"].to_list() == frame["event_id"].to_list()


def test_a_stream_without_a_module_plays_its_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    new = replace(STREAMS["landing"], name="unheard_of")
    monkeypatch.setitem(records.STREAMS, new.name, new)
    kinds = {b["event_type"] for b in beacons_of(new.name)(Random(1), SINCE, UNTIL, 100)}
    assert kinds == set(new.types.names)


def test_what_the_gateway_would_refuse_ends_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any) -> Any:
        good = beacons_of("landing")(Random(1), SINCE, UNTIL, 60)
        return ({**beacon, "session_id": "has space"} for beacon in good)

    monkeypatch.setattr(records, "beacons_of", lambda _stream: broken)
    with pytest.raises(ValueError, match="landing: session_id"):
        list(stream_records("landing", SINCE, UNTIL, 50))


def test_every_stream_is_held_to_half_of_the_rate_of_activity() -> None:
    judged = {t.case: (t.figure, t.limit) for t in TARGETS if t.part == STREAM_RATES}
    assert judged == {name: (OF_BASELINE, 0.5) for name in STREAMS if name != BASELINE}


def test_the_table_has_the_ratio() -> None:
    measured, out = Results(), StringIO()
    measured.add(STREAM_RATES, "cart", {"rate": 4_000.0, OF_BASELINE: 0.4})
    show(measured, Console(width=200, file=out))
    assert "0.40 times the rate of activity" in out.getvalue()
    assert "÷ activity ≥ 0.5 times missed" in out.getvalue()
