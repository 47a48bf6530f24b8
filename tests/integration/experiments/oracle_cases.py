"""Sequences of events with the figures that they must end in, counted by others.

The cases lie on fixed days. What is long over is no longer counted anew, so all times are moved by
whole days, so that the last one is yesterday.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from storepulse.exactness.model.events import Event
from storepulse.exactness.model.experiments import ModelPhase, PhaseMetric, Ratio

STORE = "5a000000-0000-4000-8000-000000000001"
_FILE = Path(__file__).parents[2] / "data" / "experiments" / "attribution.json"
_DAY_MS = 86_400_000


@cache
def cases() -> dict[str, Any]:
    """By id."""
    return {case["id"]: case for case in json.loads(_FILE.read_text("utf-8"))}


@cache
def _begin() -> datetime:
    """When the cases were asked for first: all are moved alike, also over midnight."""
    return datetime.now(UTC)


def days_moved(case: Any) -> int:
    """By how many days its times are moved."""
    last = datetime.fromtimestamp(case["input"]["as_of"] / 1000, UTC).date()
    return (_begin().date() - last).days - 1


def events_of(case: Any) -> list[Event]:
    """In their order of arrival, copies included."""
    return [_event(event, days_moved(case) * _DAY_MS) for event in case["input"]["events"]]


def _event(told: dict[str, Any], moved: int) -> Event:
    event = {
        **told,
        "store_id": STORE,
        "occurred_at": told["occurred_at"] + moved,
        "received_at": told["received_at"] + moved,
    }
    if event.pop("type") == "exposure":
        variant = event.pop("variant")
        return event | {"stream": "experiment", "event_type": "Exposure", "variant_id": variant}
    return event | {"stream": "activity", "activity_type": event.pop("metric")}


def phases_of(case: Any) -> list[ModelPhase]:
    told, moved = case["input"], days_moved(case) * _DAY_MS
    metrics = [
        PhaseMetric(
            m["key"], m["kind"], m["source"], m.get("currency"),
            Decimal(m["cap"]) if "cap" in m else None,
        )
        for m in told["metrics"]
    ]  # fmt: skip
    ratios = [Ratio(r["key"], r["num"], r["den"]) for r in told["ratios"]]
    return [
        ModelPhase(
            told["test_id"], p["phase"], None if p["ended_at"] is None else p["ended_at"] + moved,
            told["window_ms"], told["pre_ms"], ("control", "treat", "third"), (*metrics,),
            (*ratios,),
        )
        for p in told["phases"]
    ]  # fmt: skip


def wanted(case: Any) -> dict[str, dict[Any, Any]]:
    """Its figures by table and key, without those that are 0."""
    tables: dict[str, dict[Any, Any]] = {
        "ab_rollups": {}, "ab_metric_rollups": {}, "ab_ratio_rollups": {},
    }  # fmt: skip
    test_id = case["input"]["test_id"]
    for row in case["expect"]["rows"]:
        day = date.fromisoformat(row["day"]) + timedelta(days=days_moved(case))
        key = (STORE, test_id, row["phase"], row["variant"], day)
        tables["ab_rollups"][key] = (row["units"],)
        for metric, sums in row["metrics"].items():
            values = tuple(
                Decimal(sums[name]) if name in sums else None
                for name in (
                    "converters", "events", "units_with_x", "sum_y", "sum_yy", "sum_x", "sum_xx",
                    "sum_xy", "c_sum_y", "c_sum_yy", "c_sum_x", "c_sum_xx", "c_sum_xy",
                )
            )  # fmt: skip
            if any(values):
                tables["ab_metric_rollups"][*key, metric] = values
        for ratio, sums in row["ratios"].items():
            values = tuple(Decimal(sums[name]) for name in ("sum_nd", "c_sum_nd"))
            if any(values):
                tables["ab_ratio_rollups"][*key, ratio] = values
    counters = case["expect"]["counters"]
    names = ("multi_units", "bot_units", "other_currency_events")
    tables["ab_phase_counts"] = {0: tuple(counters[name] for name in names)}
    return tables
