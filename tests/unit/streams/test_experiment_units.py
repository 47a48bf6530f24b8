"""What events tell of the units of experiments."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from tests.support.ingest_records import NOW_MS, event_id
from tests.unit.streams.frames import frame

from storepulse.streams.experiment_units import (
    EXPOSURES,
    STREAMS,
    UNIT_EVENTS,
    UNITS,
    types_of,
    unit_tables,
)

TEST = "7e570000-0000-4000-8000-000000000001"
PURCHASE = {"activity_type": "purchase", "order_id": "#7"}
EXPOSED = {"event_type": "Exposure", "test_id": TEST, "phase": 2}


def tables(stream: str, *events: Any, sources: list[str] | None = None) -> dict[str, pl.DataFrame]:
    """Of a store that measures these sources."""
    made = frame(stream, *events)
    listed = pl.lit(sources, pl.List(pl.String()))
    return unit_tables(made.with_columns(experiment_sources=listed), stream)


def told(stream: str, *events: Any, sources: list[str]) -> list[tuple[Any, ...]]:
    found = tables(stream, *events, sources=sources)
    if UNIT_EVENTS not in found:
        return []
    return sorted(found[UNIT_EVENTS].select("source", "key", "unit").rows())


@pytest.mark.parametrize("stream", sorted(STREAMS - {"experiment"}))
def test_stores_without_a_test_pay_nothing(stream: str) -> None:
    assert tables(stream, {}, {}) == {}
    assert unit_tables(frame(stream, {}), stream) == {}


@pytest.mark.parametrize(
    ("stream", "event", "source"),
    [
        ("activity", {"activity_type": "search"}, "search"),
        ("activity", {"activity_type": "custom", "name": "hint"}, "custom:hint"),
        ("activity", PURCHASE, "purchase"),
        ("landing", {"event_type": "AddToCart"}, "add_to_cart"),
        ("landing", {"event_type": "Purchase"}, "purchase"),
        ("landing", {"event_type": "Custom", "event_name": "hint"}, "custom:hint"),
        ("cart", {}, "cart_add"),
        ("order", {"event_type": "created"}, "purchase"),
        ("order", {"event_type": "paid"}, "purchase"),
        ("campaign", {"event_type": "ORDER_PAID"}, "purchase"),
        ("campaign", {"event_type": "ORDER_CREATED"}, "purchase"),
        ("experiment", {"event_type": "Conversion"}, "conversion"),
        ("experiment", {"event_type": "Metric", "metric": "signup"}, "metric:signup"),
    ],
)
def test_each_event_has_its_source(stream: str, event: Any, source: str) -> None:
    ((found, _, unit),) = told(stream, event, sources=[source, "other"])
    assert (found, unit) == (source, "s:s-1")
    assert told(stream, event, sources=["other"]) == []
    assert told(stream, event | {"is_bot": True}, sources=[source]) == []
    assert types_of(stream, [source]) != []


@pytest.mark.parametrize(
    ("stream", "event"),
    [
        ("landing", {"event_type": "PageView"}),
        ("order", {"event_type": "refunded"}),
        ("order", {"event_type": "cancelled"}),
        ("campaign", {"event_type": "WEBAPP_OPEN"}),
        ("experiment", EXPOSED | {"visitor_id": "v"}),
    ],
)
def test_other_events_have_none(stream: str, event: Any) -> None:
    assert told(stream, event, sources=["page_view", "purchase", "conversion"]) == []


def test_an_order_is_told_of_once_by_the_earliest() -> None:
    later = PURCHASE | {"occurred_at": NOW_MS + 1, "order_id": "gid://shopify/Order/7"}
    found = tables("activity", later, PURCHASE | {"visitor_id": "a"}, sources=["purchase"])
    assert found[UNIT_EVENTS].select("key", "event_id", "unit").rows() == [
        ("o:7", event_id(1), "v:a")
    ]
    assert sorted(found[UNITS]["unit"]) == ["o:7", "v:a"]
    assert told("activity", PURCHASE | {"order_id": None}, sources=["purchase"]) == [
        ("purchase", f"e:{event_id(0)}", "s:s-1")
    ]


def test_what_nobody_did_is_not_kept() -> None:
    nobody = {"event_type": "paid", "session_id": None, "visitor_id": None}
    assert told("order", nobody, sources=["purchase"]) == []


def test_exposures_are_kept_whatever_the_store_says() -> None:
    exposed = EXPOSED | {"visitor_id": "v", "variant_id": "blue", "occurred_at": NOW_MS + 9}
    found = tables("experiment", exposed, exposed | {"is_bot": True, "session_id": None})
    columns = ("test_id", "phase", "unit", "session_id", "variant_id", "is_bot")
    assert found[EXPOSURES].select(columns).rows() == [
        (TEST, 2, "v:v", "s-1", "blue", False),
        (TEST, 2, "v:v", None, "blue", True),
    ]
    # Browsers' clocks run ahead.
    assert {at.timestamp() * 1000 for at in found[EXPOSURES]["at"]} == {NOW_MS}
    assert sorted(found[UNITS]["unit"]) == ["s:s-1", "v:v"]


def test_exposures_that_were_applied_before_are_taken_again() -> None:
    exposed = EXPOSED | {"visitor_id": "v", "variant_id": "blue"}
    fresh = frame("experiment", {"event_type": "Conversion"})
    repeated = frame("experiment", exposed, {"event_type": "Conversion"})
    assert unit_tables(fresh, "experiment", repeated)[EXPOSURES].height == 1
