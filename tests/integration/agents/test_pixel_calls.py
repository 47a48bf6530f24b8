"""Calls of pixels in the database: one row for each purchase and pixel, however they are told."""

from __future__ import annotations

import json
import random
from typing import Any
from uuid import UUID, uuid5

from tests.integration.agents.slices import Bench
from tests.support.generated_records import SEED
from tests.support.ingest_records import NOW_MS, Record, record

from storepulse.exactness.model.comparison import QUERIES
from storepulse.exactness.model.tables import expected

DAY = 24 * 3_600_000
_STORES = UUID("5a1c0c9e-0000-4000-8000-000000000000")
_NULL = dict.fromkeys(
    ("visitor_id", "page_url", "referrer", "product_id", "product_name", "search_query",
     "quantity", "value", "currency", "name", "metadata", "order_id", "items", "customer_id",
     "email_hash")
)  # fmt: skip


def _history(rng: random.Random, store: str) -> list[dict[str, Any]]:
    """Purchases of one store and calls for them, for unknown ones and for none at all."""
    events: list[dict[str, Any]] = []
    for number in range(40):
        event = _NULL | {
            "stream": "activity", "store_id": store,
            "event_id": str(uuid5(UUID(store), str(number))), "session_id": "s-1",
            "is_bot": rng.random() < 0.3, "source": "tracker",
            "occurred_at": NOW_MS - rng.randrange(3) * DAY,
        }  # fmt: skip
        if rng.random() < 0.4:
            order = rng.choice(("1001", "#1001", "1002", None, None))
            value = rng.choice((None, "9.9000", "9.9000"))
            event |= {"activity_type": "purchase", "order_id": order, "value": value}
        else:
            of = rng.choice(events)["event_id"] if events else "purchase:7"
            said = {
                "event": rng.choice(("purchase", "purchase", "purchase", "page_view")),
                "event_id": rng.choice((of, of.upper(), "purchase:1001", "purchase:null", 7)),
                "order_id": rng.choice((None, None, "#1002", 1001, "undefined", True)),
                "pixels": rng.choice((["meta"], ["google", "meta"], ["tiktok"], "meta", [])),
            }
            event |= {"activity_type": "custom", "name": "pixels_called"}
            event["metadata"] = json.dumps({k: v for k, v in said.items() if v is not None})
        events.append(event)
    return events


def _record_of(event: dict[str, Any]) -> Record:
    given = {k: v for k, v in event.items() if k != "stream" and v is not None}
    return record("activity", 0, **given)


def test_any_order_repetition_and_slicing_ends_in_the_same_rows(bench: Bench) -> None:
    """Each history is shuffled, repeated and sliced at random."""
    rng = random.Random(SEED)
    offset = 0
    wanted: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for round_number in range(6):
        store = str(uuid5(_STORES, str(round_number)))
        events = _history(rng, store)
        wanted |= expected(events)["pixel_calls"]
        told = [*events, *rng.sample(events, 15)]
        rng.shuffle(told)
        while told:
            piece = [told.pop() for _ in range(min(len(told), rng.randrange(1, 12)))]
            bench.write("activity", [_record_of(event) for event in piece], offset)
            offset += len(piece)
    keys, query = QUERIES["pixel_calls"]
    stored = {row[:keys]: row[keys:] for row in bench.rows(query)}
    assert stored == wanted, f"SEED {SEED}"
    assert {key[2] for key in wanted} == {"", "meta", "google"}
    assert {by_bot for _, by_bot in wanted.values()} == {True, False}


def test_ten_thousand_calls_for_one_purchase_are_one_row_each(bench: Bench) -> None:
    said = json.dumps({"event": "purchase", "event_id": "purchase:1", "pixels": ["meta"] * 50})
    call = {"activity_type": "custom", "name": "pixels_called", "metadata": said}
    for start in range(0, 10_000, 2_500):
        calls = [record("activity", start + n, **call) for n in range(2_500)]
        bench.write("activity", calls, start)
    assert bench.rows("SELECT purchase, pixel FROM pixel_calls") == [("purchase:1", "meta")]
