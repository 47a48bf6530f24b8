"""Figures of campaigns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.integration.query.conftest import Reads

NIGHT, MORNING = "2026-03-01 23:00Z", "2026-03-02 00:00Z"


def fill(reads: Reads, store: str, campaign: str) -> None:
    key = {"store_id": store, "campaign_id": campaign, "is_bot": False}

    def at(hour: str, **fields: Any) -> dict[str, Any]:
        return {**key, "hour": hour, "day": hour[:10], **fields}

    def counted(hour: str, **fields: Any) -> dict[str, Any]:
        counts = dict.fromkeys(("opens", "purchases", "told_orders", "others"), 0)
        return at(hour, **{**counts, **fields})

    def order(number: str, **fields: Any) -> dict[str, Any]:
        return {
            "store_id": store, "order_id": f"{campaign}-{number}", "counted_at": NIGHT,
            "day": "2026-03-01", "first_word": "w", "status": "paid", "amount": Decimal(30),
            "currency": "EUR", "refunded": 0, "is_bot": False, "campaign_id": campaign,
            **fields,
        }  # fmt: skip

    reads.insert(
        "campaign_hourly", counted(NIGHT, opens=3, told_orders=4),
        counted(MORNING, opens=1, purchases=1, others=2),
        counted(NIGHT, opens=99, is_bot=True),
    )  # fmt: skip
    reads.insert(
        "campaign_people", at(NIGHT, tracking_id="t-1"), at(NIGHT, tracking_id="t-2"),
        at(MORNING, tracking_id="t-1"), at(NIGHT, tracking_id="robot", is_bot=True),
    )  # fmt: skip
    reads.insert(
        "campaign_revenue_hourly", at(MORNING, currency="EUR", purchases=1, revenue=Decimal(5))
    )
    reads.insert(
        "orders", order("1"), order("2", refunded=Decimal(10), status="refunded"),
        order("3", status="created"), order("4", status="cancelled"),
        order("5", campaign_id="another"),
        order("6", amount=None, currency=None), order("7", is_bot=True),
    )  # fmt: skip


def test_stats_in_total_and_by_day(reads: Reads, store: str) -> None:
    campaign = f"c-{store[:8]}"
    fill(reads, store, campaign)
    data = reads.read(f"/api/campaigns/{campaign}/stats", store_id=store)["data"]
    # t-1 is there on both days, and one of two people. Created and cancelled orders are not sold.
    assert (data["people"], data["opens"], data["orders"], data["others"]) == (2, 4, 4, 2)
    assert data["conversion"] == 2.0
    assert data["revenue"] == [{"currency": "EUR", "orders": 3, "revenue": "55.0000"}]
    assert [(d["day"], d["people"], d["opens"], d["orders"]) for d in data["by_day"]] == [
        ("2026-03-01", 2, 3, 3), ("2026-03-02", 1, 1, 1),
    ]  # fmt: skip
    assert data["by_day"][1]["revenue"] == [{"currency": "EUR", "orders": 1, "revenue": "5.0000"}]
    later = {"from": "2026-03-02", "to": "2026-03-03", "compare": "previous_period"}
    answer = reads.read(f"/api/campaigns/{campaign}/stats", store_id=store, **later)
    assert (answer["data"]["opens"], answer["comparison"]["opens"]) == (1, 3)
    # An hour west of UTC, midnight's events are the evening's.
    west = reads.read(f"/api/campaigns/{campaign}/stats", store_id=store, tz="Atlantic/Azores")
    assert [(d["day"], d["opens"], d["people"]) for d in west["data"]["by_day"]] == [
        ("2026-03-01", 4, 2)
    ]
    bots = reads.read(f"/api/campaigns/{campaign}/stats", store_id=store, include_bots="true")
    assert (bots["data"]["opens"], bots["data"]["people"]) == (103, 3)


def test_a_stores_campaigns_are_listed_by_people(reads: Reads, store: str) -> None:
    fill(reads, store, "summer")
    reads.insert("campaign_hourly", {
        "store_id": store, "campaign_id": "quiet", "is_bot": False, "hour": NIGHT,
        "day": "2026-03-01", "opens": 1, "purchases": 0, "told_orders": 0, "others": 0,
    })  # fmt: skip
    data = reads.read("/api/campaigns", store_id=store)["data"]
    assert [(one["campaign_id"], one["people"], one["orders"]) for one in data] == [
        ("summer", 2, 4), ("another", 0, 1), ("quiet", 0, 0),
    ]  # fmt: skip
    single = reads.read("/api/campaigns/summer/stats", store_id=store)["data"]
    assert {name: single[name] for name in data[0]} == data[0]
    assert data[2]["conversion"] is None
    cut = reads.read("/api/campaigns", store_id=store, limit=1)
    assert cut["data"] == data[:1]
    assert (cut["total"], cut["more"]) == (3, False)
    assert reads.read("/api/campaigns", store_id=store, **{"from": "2026-04-01"})["data"] == []


def test_a_list_of_campaigns_goes_by_each_of_its_columns(reads: Reads, store: str) -> None:
    fill(reads, store, "summer")
    expected = {
        "people": ["another", "summer"], "-people": ["summer", "another"],
        "opens": ["another", "summer"], "-opens": ["summer", "another"],
        "orders": ["another", "summer"], "-orders": ["summer", "another"],
        # 30 and 55 EUR; of whom nobody came there is no conversion.
        "revenue": ["another", "summer"], "-revenue": ["summer", "another"],
        "conversion": ["another", "summer"], "-conversion": ["summer", "another"],
        "campaign_id": ["another", "summer"], "-campaign_id": ["summer", "another"],
    }  # fmt: skip
    for sort, ids in expected.items():
        first = reads.read("/api/campaigns", store_id=store, sort=sort, limit=1)
        assert (first["total"], first["more"], first["currency"]) == (2, False, "EUR")
        second = reads.read(
            "/api/campaigns", store_id=store, sort=sort, limit=1, cursor=first["next_cursor"]
        )
        assert [row["campaign_id"] for row in first["data"] + second["data"]] == ids, sort
        assert second["next_cursor"] is None


def test_figures_of_all_campaigns_count_somebody_once(reads: Reads, store: str) -> None:
    fill(reads, store, "summer")
    reads.insert("campaign_people", {
        "store_id": store, "campaign_id": "another", "is_bot": False, "hour": NIGHT,
        "day": "2026-03-01", "tracking_id": "t-1",
    })  # fmt: skip
    data = reads.read("/api/campaigns/stats", store_id=store)["data"]
    assert (data["people"], data["opens"], data["orders"], data["others"]) == (2, 4, 5, 2)
    assert data["revenue"] == [{"currency": "EUR", "orders": 4, "revenue": "85.0000"}]
    assert [(day["day"], day["people"], day["orders"]) for day in data["by_day"]] == [
        ("2026-03-01", 2, 4), ("2026-03-02", 1, 1),
    ]  # fmt: skip
    later = {"from": "2026-03-02", "to": "2026-03-03", "compare": "previous_period"}
    answer = reads.read("/api/campaigns/stats", store_id=store, **later)
    assert (answer["data"]["opens"], answer["comparison"]["opens"]) == (1, 3)


def test_a_campaign_without_events_has_zeros(reads: Reads) -> None:
    data = reads.read("/api/campaigns/nobody-was-here/stats")["data"]
    assert (data["people"], data["conversion"], data["by_day"]) == (0, None, [])
