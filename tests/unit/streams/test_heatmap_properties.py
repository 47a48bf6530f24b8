"""However a partition is cut into slices and a frame is laid out, the sums are the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import polars as pl
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st
from tests.support.generated_records import SEED
from tests.support.ingest_records import NOW_MS, STORE, event_id, record
from tests.unit.streams.frames import frame_of

from storepulse.exactness.model.heatmap import heatmap_tables
from storepulse.streams.heatmap import rollup as heatmap
from storepulse.streams.reduction import Reduction

EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["click", "click", "click", "hover", "scroll"]),
            "session_id": st.sampled_from("ab"),
            "page_url": st.sampled_from(["https://s.example/p", "https://s.example/p?x", "https://s.example/q"]),
            "x": st.integers(0, 60),
            "y": st.integers(0, 40),
            "selector": st.sampled_from([None, "", "p", "a"]),
            "scroll_depth": st.integers(0, 100),
            "dwell_ms": st.none() | st.integers(0, 9),
            "viewport_width": st.sampled_from([None, 0, 100]),
            "is_bot": st.booleans(),
            "after": st.integers(0, 1_500),
            "occurred": st.integers(-1_200, 0),
            "late": st.sampled_from([0, 0, 700, 5_000, 25_000]),
        }
    ),
    max_size=25,
)  # fmt: skip


def frame(events: list[dict[str, Any]]) -> pl.DataFrame:
    received, records = NOW_MS, []
    for n, event in enumerate(events):
        fields = dict(event)
        received += fields.pop("after")
        fields["occurred_at"] = received + fields.pop("occurred") - fields.pop("late")
        records.append(record("heatmap", n, received_at=received, **fields))
    return frame_of("heatmap", records)


def summed(results: list[Reduction]) -> Counter[tuple[Any, ...]]:
    """Every counted column by table and key, places by what they are."""
    total: Counter[tuple[Any, ...]] = Counter()
    counted = {"events", "dwell_ms", "clicks", "rage_clicks", "dead_clicks", "hovers"}
    for result in results:
        pages = result.tables.get("pages", pl.DataFrame())
        for name, table in result.tables.items():
            if name == "pages":
                continue
            named = table.join(pages, on="place_no").drop("place_no")
            for row in named.rows(named=True):
                key = tuple((c, str(v)) for c, v in sorted(row.items()) if c not in counted)
                for column in counted & row.keys():
                    total[(name, column, *key)] += row[column]
    return +total


@seed(SEED)
@settings(max_examples=150, deadline=None, database=None)
@given(EVENTS, st.lists(st.integers(0, 25), max_size=5), st.lists(st.integers(0, 25), max_size=3))
def test_cutting_changes_nothing(
    events: list[dict[str, Any]], cuts: list[int], ahead: list[int]
) -> None:
    """Nor where some were received by a gateway whose clock is ahead."""
    note(f"TEST_SEED={SEED}")
    for n, event in enumerate(events):
        event["after"] += 60_000 * ((n in ahead) - (n - 1 in ahead))
    whole = frame(events)
    bounds = sorted({0, whole.height, *(c for c in cuts if c < whole.height)})
    carry, parts = None, []
    for lower, upper in pairwise(bounds):
        parts.append(heatmap.reduce(whole[lower:upper], carry))
        carry = parts[-1].carry
    assert summed(parts) == summed([heatmap.reduce(whole, None)])


@seed(SEED)
@settings(max_examples=75, deadline=None, database=None)
@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_columns_and_of_sessions_does_not_matter(
    events: list[dict[str, Any]], random: Any
) -> None:
    note(f"TEST_SEED={SEED}")
    whole = frame(events)
    columns = whole.columns
    random.shuffle(columns)
    # Sessions keep their own order; how they lie among each other may change.
    by_session = whole.select(columns).sort("session_id", maintain_order=True, descending=True)
    assert summed([heatmap.reduce(by_session, None)]) == summed([heatmap.reduce(whole, None)])


def whole_tables(results: list[Reduction]) -> dict[tuple[Any, ...], list[int]]:
    """Clicks and rage clicks by place and element."""
    counted: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for result in results:
        if "heatmap_elements" in result.tables:
            named = result.tables["heatmap_elements"].join(result.tables["pages"], on="place_no")
            columns = ("store_id", "page", "hour", "device", "selector", "is_bot")
            for row in named.select(*columns, "clicks", "rage_clicks").rows():
                counted[row[:-2]][0] += row[-2]
                counted[row[:-2]][1] += row[-1]
    return counted


@seed(SEED)
@settings(max_examples=200, deadline=None, database=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 0, 100, 400, 1_000, 1_001]),  # after the click before
            st.sampled_from([100, 100, 100, 130, 131]),
            st.sampled_from("ab"),
            st.sampled_from(["/p", "/p", "/q"]),
            st.sampled_from(["p", "p", "a", "button.qty-plus"]),
            st.sampled_from(["mobile", "tablet"]),
        ),
        max_size=14,
    ),
    st.randoms(use_true_random=False),
    st.lists(st.integers(1, 13), max_size=5),
)
def test_rage_is_that_of_the_model_whatever_arrives_first(
    clicks: list[tuple[Any, ...]], random: Any, cuts: list[int]
) -> None:
    """All clicks arrive within a minute, in any order, in any slices."""
    note(f"TEST_SEED={SEED}")
    at, sent = NOW_MS - 1_500, []
    for n, (after, x, session, path, selector, device) in enumerate(clicks):
        at += after
        sent.append(
            {"number": n, "occurred_at": at, "x": x, "y": 9, "session_id": session, "kind": "click",
             "page_url": f"https://s.example{path}", "selector": selector, "device": device,
             "viewport_width": None, "is_bot": n % 2 == 0}
        )  # fmt: skip
    random.shuffle(sent)
    numbers = [event.pop("number") for event in sent]
    records = [
        record("heatmap", n, **event, received_at=NOW_MS + random.randrange(60_001))
        for n, event in zip(numbers, sent, strict=True)
    ]
    whole = frame_of("heatmap", records)
    bounds = sorted({0, whole.height, *(c for c in cuts if c < whole.height)})
    carry, parts = None, []
    for lower, upper in pairwise(bounds):
        parts.append(heatmap.reduce(whole[lower:upper], carry))
        carry = parts[-1].carry
    told = [
        event | {"store_id": STORE, "event_id": event_id(n), "dwell_ms": None}
        for n, event in zip(numbers, sent, strict=True)
    ]
    must = heatmap_tables(told)["heatmap_elements"]
    assert whole_tables(parts) == {key: [*values[:2]] for key, values in must.items()}
