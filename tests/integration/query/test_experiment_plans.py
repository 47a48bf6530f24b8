"""Plans of tests: from a baseline that is stated, or from the store's own last days."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.query.conftest import Reads
from tests.support.whole_days import begin_in_a_day, now


@pytest.fixture(autouse=True)
def _within_a_day() -> None:
    begin_in_a_day()


def path_of(store: str) -> str:
    return f"/api/ab-testing/{store}/plan"


def day(ago: int) -> Any:
    return now().date() - timedelta(days=ago)


def visit(reads: Reads, store: str, **visitors_by_days_ago: list[str]) -> None:
    for ago, visitors in visitors_by_days_ago.items():
        rows = [
            {"store_id": store, "day": day(int(ago.removeprefix("d"))), "visitor": visitor}
            for visitor in visitors
        ]
        reads.insert("visitors_daily", *rows)


def order(reads: Reads, store: str, number: str, visitor: str | None, **more: Any) -> None:
    row = {
        "store_id": store, "order_id": number, "counted_at": now() - timedelta(days=2),
        "day": day(2), "first_word": "w", "status": "paid", "amount": 20, "currency": "EUR",
        "refunded": 0, "visitor_id": visitor, "is_bot": False, **more,
    }  # fmt: skip
    reads.insert("orders", row)


def act(reads: Reads, store: str, kind: str, visitor: str | None, **more: Any) -> None:
    row = {
        "event_id": str(uuid4()), "store_id": store, "session_id": "s-1", "visitor_id": visitor,
        "correlation_id": "c", "occurred_at": now() - timedelta(days=2), "received_at": now(),
        "activity_type": kind, "source": "web", "consent_analytics": "granted",
        "consent_marketing": "granted", "is_bot": False, **more,
    }  # fmt: skip
    reads.insert("customer_activity", row)


def test_a_stated_baseline_needs_no_data(reads: Reads, store: str) -> None:
    data = reads.read(
        path_of(store), effect=0.1, baseline=0.03, visitors_per_day=3800, days=31
    )["data"]  # fmt: skip
    always, fixed = data["sizes"]["always_valid"], data["sizes"]["fixed"]
    assert (always["visitors_by_variant"], always["days"]) == ([101_893, 101_893], 59)
    assert fixed["visitors_by_variant"] == [53_211, 53_211]
    assert always["critical_value"] == pytest.approx(3.0352089903762534)
    assert data["measured"] is None
    assert data["n_star"] == always["visitors"] == 203_786
    assert data["detectable"]["always_valid"] == pytest.approx(0.14, abs=0.01)
    assert data["detectable"]["fixed"] == pytest.approx(0.1, abs=0.001)


def test_the_stores_own_days_are_the_baseline(reads: Reads, store: str) -> None:
    """A visitor of two days is one; buyers are visitors, not orders; today is not over."""
    visit(reads, store, d1=["a", "b", "s:x"], d2=["a", "c", "d"], d3=["e", "f"], d0=["late"])
    visit(reads, store, d15=["old"])
    order(reads, store, "1", "a")
    order(reads, store, "2", "a", amount=30)
    order(reads, store, "3", None, session_id="x", amount=10, refunded=4)
    order(reads, store, "4", "b", status="created")
    order(reads, store, "5", "c", is_bot=True)
    order(reads, store, "6", "d", currency="USD", amount=99)
    order(reads, store, "7", "old", day=day(15), counted_at=now() - timedelta(days=15))
    act(reads, store, "purchase", "e", value=7, currency="EUR")
    act(reads, store, "purchase", "f", value=7, currency="EUR", order_id="9")
    data = reads.read(path_of(store), effect=0.5)["data"]
    assert data["measured"] == {
        "from": day(14).isoformat(), "to": day(0).isoformat(), "visitors": 7, "converters": 4,
        "currency": "EUR",
    }  # fmt: skip
    assert data["baseline"] == pytest.approx(4 / 7)
    assert data["visitors_per_day"] == 7 / 14
    assert data["sizes"]["always_valid"]["days"] % 7 == 3
    revenue = reads.read(path_of(store), effect=0.5, metric="revenue")["data"]
    totals = [50, 6, 7, 0, 0, 0, 0]
    mean = sum(totals) / 7
    assert revenue["baseline"] == pytest.approx(mean)
    spread = math.sqrt(sum((one - mean) ** 2 for one in totals) / 6)
    assert revenue["deviation"] == pytest.approx(spread)


def test_other_sources_are_measured_by_their_events(reads: Reads, store: str) -> None:
    visit(reads, store, d2=["a", "b", "c", "d"])
    for visitor in ("a", "a", "b"):
        act(reads, store, "add_to_cart", visitor)
    act(reads, store, "add_to_cart", "c", is_bot=True)
    act(reads, store, "custom", "d", name="signup")
    for source, rate in (("add_to_cart", 0.5), ("custom:signup", 0.25)):
        data = reads.read(path_of(store), effect=0.1, source=source)["data"]
        assert data["baseline"] == rate
    refused = reads.get(path_of(store), effect=0.1, source="conversion")
    assert refused.json()["details"]["field"] == "source"
    # With a baseline only visitors are counted.
    stated = reads.read(path_of(store), effect=0.1, source="conversion", baseline=0.1)["data"]
    assert (stated["visitors_per_day"], stated["measured"]["converters"]) == (4 / 14, 0)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"effect": 0.1}, "baseline"),
        ({"effect": 0.1, "metric": "revenue"}, "baseline"),
        ({"baseline": 0.03}, "effect"),
        ({"baseline": 0.03, "effect": 0}, "effect"),
        ({"baseline": 0.03, "effect": "nan"}, "effect"),
        ({"baseline": 3, "effect": 0.1}, "baseline"),
        ({"baseline": 0.03, "effect": 0.1, "deviation": 2}, "deviation"),
        ({"baseline": 3, "effect": 0.1, "metric": "revenue"}, "deviation"),
        ({"baseline": 0.03, "effect": 0.1, "metric": "revenue", "deviation": 1,
          "source": "search"}, "source"),
        ({"baseline": 0.03, "effect": 0.1, "split": "50"}, "split"),
        ({"baseline": 0.03, "effect": 0.1, "power": 1}, "power"),
        ({"baseline": 0.03, "days": 7}, "visitors_per_day"),
        ({"baseline": 0.03, "days": 0, "effect": 0.1}, "days"),
        ({"baseline": 0.03, "effect": 0.1, "traffic": 10_001}, "traffic"),
        ({"baseline": 0.03, "effect": 0.1, "alpha": 0.5}, "alpha"),
        ({"baseline": 0.03, "effect": 0.1, "unknown": 1}, "unknown"),
    ],
)  # fmt: skip
def test_what_cannot_be_planned(
    reads: Reads, store: str, parameters: dict[str, Any], field: str
) -> None:
    refused = reads.get(path_of(store), **parameters)
    assert refused.status_code == 400
    assert refused.json()["details"]["field"] == field
