"""Figures of landing pages."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from tests.integration.query.conftest import Reads

from storepulse.streams.landing.beacon import PAGE_ID_TEXT


def test_stats_in_total_and_by_day(reads: Reads, store: str) -> None:
    page = f"lp-{store[:8]}"
    key = {"store_id": store, "landing_page_id": page, "campaign_id": "c-1", "is_bot": False}

    def hour(at: str, **changed: Any) -> dict[str, Any]:
        counts = {
            "views": 2,
            "clicks": 1,
            "purchases": 0,
            "told_orders": 0,
            "others": 0,
            "sessions": 1,
        }
        return {**key, "hour": at, "day": at[:10], **counts, **changed}

    reads.insert(
        "landing_hourly", hour("2026-03-01 22:00Z"), hour("2026-03-01 23:00Z", purchases=1),
        hour("2026-03-02 00:00Z", campaign_id=""), hour("2026-03-01 22:00Z", is_bot=True, views=99),
    )  # fmt: skip
    visit = {**key, "hour": "2026-03-01 22:00Z", "day": "2026-03-01", "session_id": "s-1"}
    reads.insert(
        "landing_sessions", visit, {**visit, "hour": "2026-03-01 23:00Z"},
        {**visit, "hour": "2026-03-02 00:00Z", "day": "2026-03-02", "campaign_id": ""},
        {**visit, "session_id": "s-2"},
        {**visit, "session_id": "crawler", "is_bot": True},
    )  # fmt: skip
    money = {**key, "hour": "2026-03-01 23:00Z", "day": "2026-03-01", "currency": "EUR",
             "purchases": 1, "revenue": Decimal("19.9900")}  # fmt: skip
    reads.insert(
        "landing_revenue_hourly", money, {**money, "currency": "USD", "revenue": Decimal("0.1")},
        {**money, "hour": "2026-03-02 00:00Z", "day": "2026-03-02", "revenue": Decimal("80.0100")},
    )  # fmt: skip

    data = reads.read(f"/api/landing-pages/{page}/stats")["data"]
    # s-1 lasts over midnight and has two campaigns, and is one visit all the same.
    assert (data["visits"], data["views"], data["clicks"], data["purchases"]) == (2, 6, 3, 1)
    assert data["conversion"] == 0.5
    assert data["revenue"] == [
        {"currency": "EUR", "purchases": 2, "revenue": "100.0000"},
        {"currency": "USD", "purchases": 1, "revenue": "0.1000"},
    ]
    assert [(d["day"], d["visits"], d["views"]) for d in data["by_day"]] == [
        ("2026-03-01", 2, 4), ("2026-03-02", 1, 2),
    ]  # fmt: skip
    assert data["by_day"][1]["revenue"] == [
        {"currency": "EUR", "purchases": 1, "revenue": "80.0100"}
    ]

    one = reads.read(f"/api/landing-pages/{page}/stats", campaign_id="c-1", to="2026-03-02")
    assert one["data"]["views"] == 4
    bots = reads.read(f"/api/landing-pages/{page}/stats", include_bots="true")["data"]
    assert (bots["visits"], bots["views"]) == (3, 105)


def test_a_page_without_events_has_zeros(reads: Reads) -> None:
    data = reads.read("/api/landing-pages/nobody-was-here/stats")["data"]
    assert data["visits"] == 0
    assert data["conversion"] is None
    assert data["by_day"] == []


@pytest.mark.parametrize(
    "page", ["a.b", "...", "~me", "a:b", "-", "_", "." * 3 + "a", "9" * 19, "p" * 128]
)
def test_every_id_that_is_taken_can_be_read(reads: Reads, store: str, page: str) -> None:
    assert re.fullmatch(PAGE_ID_TEXT, page)
    key = {"store_id": store, "landing_page_id": page, "campaign_id": "", "is_bot": False}
    counts = {"views": 2, "clicks": 1, "purchases": 0, "told_orders": 0, "others": 0, "sessions": 1}
    reads.insert(
        "landing_hourly", {**key, "hour": "2026-03-01 22:00Z", "day": "2026-03-01", **counts}
    )
    found = reads.read(f"/api/landing-pages/{page}/stats", store_id=store)["data"]
    assert (found["landing_page_id"], found["views"]) == (page, 2)
