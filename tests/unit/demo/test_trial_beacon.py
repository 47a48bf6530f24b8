"""The beacon of a trial: what the gateway accepts and the destination wants."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from storepulse.demo.trial_beacon import USER_AGENT, choose, make_beacon
from storepulse.domain.errors import Rejected
from storepulse.domain.robots import bot_reason
from storepulse.streams.beacon import Rules
from storepulse.streams.registry import STREAMS

STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"


def test_every_type_of_every_stream_can_be_asked_for() -> None:
    for name, stream in STREAMS.items():
        for kind in stream.types.names:
            assert choose({name}, {kind}, None, None) == (name, kind)


@pytest.mark.parametrize("store", [None, STORE])
@pytest.mark.parametrize(
    ("stream", "kind"),
    [(name, kind) for name, stream in STREAMS.items() for kind in stream.types.names]
    + [("landing", "video.50")],
)
def test_the_gateway_accepts_it(stream: str, kind: str, store: str | None) -> None:
    event_id = str(uuid4())
    sent = msgspec.json.encode(make_beacon(stream, kind, store, event_id))
    read: Any = msgspec.json.decode(sent, type=STREAMS[stream].input.beacon)
    STREAMS[stream].input.own(read, Rules())
    assert (read.event_id, read.consent.marketing) == (event_id, "granted")
    if store is not None:
        assert read.store_id == store


def test_what_is_asked_for_comes_first() -> None:
    assert choose(set(), set(), None, None) == ("activity", "page_view")
    assert choose(set(), {"purchase", "click"}, None, None) == ("activity", "purchase")
    assert choose({"cart", "heatmap"}, set(), None, None) == ("cart", "cart_add")
    assert choose(set(), set(), "heatmap", "scroll") == ("heatmap", "scroll")
    assert choose({"landing"}, {"video.50"}, None, None) == ("landing", "video.50")
    assert choose({"landing"}, set(), None, "video.50") == ("landing", "video.50")


@pytest.mark.parametrize(
    ("streams", "types", "stream", "kind"),
    [
        ({"cart"}, set(), "activity", None),
        (set(), {"purchase"}, "cart", None),
        (set(), {"purchase"}, None, "search"),
        (set(), set(), "carts", None),
    ],
)
def test_what_the_filters_stop_is_refused(
    streams: set[str], types: set[str], stream: str | None, kind: str | None
) -> None:
    with pytest.raises(Rejected):
        choose(streams, types, stream, kind)


def test_it_passes_for_a_person() -> None:
    assert bot_reason(USER_AGENT) is None
