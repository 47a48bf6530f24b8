"""Views of heatmaps go when they are old, and their figures stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.retention.stock import NOW, Stock

from storepulse.retention import runs as retention


@pytest.fixture(autouse=True)
def views(stock: Stock) -> None:
    """Views that were entered from no to ten days ago, and their figures."""
    stock.db.execute("TRUNCATE heatmap_views, heatmap_scroll")
    place = {"page_id": 1, "device": "mobile", "is_bot": False, "reach": 20}
    for days in range(11):
        at = NOW - timedelta(days=days)
        view = {"view": bytes([days]), "hour": at, "entered_on": at.date()}
        stock.insert("heatmap_views", **place, **view)
    stock.insert("heatmap_scroll", **place, hour=NOW, events=11, views=11)


def days_left(stock: Stock) -> list[int]:
    query = "SELECT get_byte(view, 0) FROM heatmap_views ORDER BY 1"
    return [number for (number,) in stock.rows(query)]


@pytest.mark.parametrize("group", [1, 5_000])
def test_views_are_kept_for_eight_days(
    stock: Stock, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "GROUP_ROWS", group)
    stock.run(deliveries=0, dead_letters=0)
    assert days_left(stock) == list(range(9))
    assert stock.rows("SELECT views::int FROM heatmap_scroll") == [(11,)]


def test_what_an_agent_holds_is_left_for_the_next_run(stock: Stock) -> None:
    with stock.world.connect() as connection, connection.transaction():
        connection.execute("SELECT FROM heatmap_views WHERE get_byte(view, 0) = 9 FOR UPDATE")
        stock.run()
        assert days_left(stock) == [*range(9), 9]
    stock.run()
    assert days_left(stock) == list(range(9))
