"""However a partition is cut into slices and a frame is laid out, the sums are the same."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import polars as pl
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st
from tests.support.generated_records import SEED
from tests.support.ingest_records import NOW_MS, record
from tests.unit.streams.frames import frame_of

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
        }
    ),
    max_size=25,
)  # fmt: skip


def frame(events: list[dict[str, Any]]) -> pl.DataFrame:
    received, records = NOW_MS, []
    for n, event in enumerate(events):
        fields = dict(event)
        received += fields.pop("after")
        fields["occurred_at"] = received + fields.pop("occurred")
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
