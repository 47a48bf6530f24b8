"""Rage clicks and scroll reach, in any slicing and order of arrival."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from tests.integration.agents.slices import Bench
from tests.support.generated_records import SEED
from tests.support.ingest_records import NOW_MS, STORE, event_id, record

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.exactness.model.comparison import QUERIES
from storepulse.exactness.model.heatmap import heatmap_tables

HOUR = 3_600_000


def observed(**fields: Any) -> dict[str, Any]:
    """A heatmap event as the model and the record know it."""
    empty: dict[str, Any] = dict.fromkeys(("x", "y", "viewport_width", "scroll_depth", "dwell_ms"))
    at = {
        "kind": "click", "session_id": "s-1", "page_url": "https://s.example/p", "selector": "p",
        "device": "desktop", "is_bot": False, "view_id": None, "occurred_at": NOW_MS,
    }  # fmt: skip
    return empty | at | fields


def click(ms: int, **fields: Any) -> dict[str, Any]:
    return observed(x=100, y=100, occurred_at=NOW_MS + ms, received_at=NOW_MS + ms) | fields


def scroll(depth: int, **fields: Any) -> dict[str, Any]:
    return observed(kind="scroll", scroll_depth=depth) | fields


def write(bench: Bench, *slices: list[dict[str, Any]]) -> None:
    """Slices one after the other, events numbered throughout."""
    n = 0
    for events in slices:
        records = [record("heatmap", n + m, **event) for m, event in enumerate(events)]
        assert bench.write("heatmap", records, offsets=n).applied == len(events)
        n += len(events)


def rage_clicks(bench: Bench) -> int:
    return int(bench.rows("SELECT sum(rage_clicks)::int FROM heatmap_elements")[0][0])


def test_a_third_click_in_the_trackers_next_batch_is_rage(bench: Bench) -> None:
    write(bench, [click(0), click(300)], [click(600, received_at=NOW_MS + 5_600)])
    assert rage_clicks(bench) == 1


def test_a_click_that_arrives_late_makes_one_that_was_counted_rage(bench: Bench) -> None:
    burst = [click(300, selector="a"), click(600, selector="div"), click(0, selector="p")]
    write(bench, *([one] for one in burst))
    query = "SELECT selector, clicks::int, rage_clicks::int FROM heatmap_elements ORDER BY 1"
    assert bench.rows(query) == [("a", 1, 0), ("div", 1, 1), ("p", 1, 0)]


@pytest.mark.parametrize(
    "changed",
    [{"selector": "button.qty-plus"}, {"x": 0, "y": 0, "selector": "button.buy"}],
    ids=["a stepper", "the keyboard"],
)
def test_clicks_in_series_are_no_rage(bench: Bench, changed: dict[str, Any]) -> None:
    write(bench, [click(100 * n, **changed) for n in range(6)])
    assert rage_clicks(bench) == 0


def views(bench: Bench) -> list[tuple[int, int]]:
    """Reach and views, without rows that count none."""
    return bench.rows(
        "SELECT reach::int, sum(views)::int FROM heatmap_scroll GROUP BY reach"
        " HAVING sum(views) <> 0 ORDER BY reach"
    )


@pytest.mark.parametrize("slices", [1, 4, 19])
@pytest.mark.parametrize("named", [True, False], ids=["view_id", "session"])
def test_the_furthest_scroll_of_a_view_counts(bench: Bench, slices: int, named: bool) -> None:
    """One visitor scrolls to the end by steps, nine others a little: a tenth sees the middle."""
    told = [("s-0", depth) for depth in range(10, 101, 10)] + [(f"s-{n}", 10) for n in range(1, 10)]
    events = [
        scroll(depth, session_id=session, view_id=f"view-{session}" if named else None)
        for session, depth in told
    ]
    write(bench, *(events[n::slices] for n in range(slices)))
    assert views(bench) == [(2, 9), (20, 1)]
    assert bench.rows("SELECT sum(events)::int FROM heatmap_scroll") == [(19,)]


def test_a_view_that_grows_not_is_left_alone(bench: Bench) -> None:
    write(bench, [scroll(50)], [scroll(50)], [scroll(10)])
    before = bench.rows("SELECT xmin::text::bigint FROM heatmap_views")
    bench.write("heatmap", [record("heatmap", 9, **scroll(40))], offsets=3)
    assert bench.rows("SELECT xmin::text::bigint FROM heatmap_views") == before
    assert views(bench) == [(10, 1)]


def test_scroll_reach_is_that_of_the_model_whatever_arrives_first(bench: Bench) -> None:
    """Views over hours, devices, pages and bots; shuffled, in slices of any size."""
    rnd = random.Random(SEED)
    told = []
    for n in range(120):
        view = rnd.choice([None, "v-1", "v-2", "v-3"])
        hours = rnd.randrange(3)
        event = scroll(
            rnd.randrange(101), session_id=f"s-{rnd.randrange(3)}", view_id=view,
            page_url=f"https://s.example/{rnd.randrange(2)}", is_bot=rnd.random() < 0.2,
            device=rnd.choice(["mobile", "tablet", "desktop", "unknown"]),
            occurred_at=NOW_MS + hours * HOUR, received_at=NOW_MS + 3 * HOUR,
        )  # fmt: skip
        told.append(event | {"store_id": STORE, "event_id": event_id(n)})
    rnd.shuffle(told)
    at = 0
    while at < len(told):
        part = told[at : at + rnd.choice([1, 2, 5, 30])]
        bench.write("heatmap", [record("heatmap", 0, **event) for event in part], offsets=at)
        at += len(part)
    must = heatmap_tables(told)["heatmap_scroll"]
    stored = {row[:6]: row[6:] for row in bench.rows(QUERIES["heatmap_scroll"][1])}
    assert stored == must, f"TEST_SEED={SEED}"
    assert len(bench.rows("SELECT FROM heatmap_views")) == sum(v for _, v in must.values())
    assert bench.rows(AUDIT) == []


AUDIT = named_sql("streams/heatmap/audit")["heatmap_scroll"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE heatmap_scroll SET views = views + 1", [(2, 3)]),
        ("UPDATE heatmap_scroll SET views = views - 1", [(2, 1)]),
        ("DELETE FROM heatmap_views WHERE reach = 10", [(0, 2)]),
        ("UPDATE heatmap_views SET hour = hour - interval '1 hour'", [(2, 0), (0, 2)]),
        # As retention leaves it.
        (
            "UPDATE heatmap_scroll SET hour = hour - interval '9 days'; DELETE FROM heatmap_views",
            [],
        ),
    ],
)
def test_the_audit_holds_scroll_reach_against_the_views(
    bench: Bench, change: str, found: list[tuple[int, int]]
) -> None:
    at = int(time.time() * 1000)
    now = {"occurred_at": at, "received_at": at}
    write(bench, [scroll(50, session_id=f"s-{n}", **now) for n in range(2)])
    assert bench.rows(AUDIT) == []
    for statement in change.split(";"):
        bench.run(statement)
    assert [row[2:] for row in bench.rows(AUDIT)] == found
