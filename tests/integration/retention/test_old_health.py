"""What is known of destinations' speed and breakers goes after two days and after a month."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from tests.integration.retention.stock import NOW, Stock

from storepulse.retention import runs as retention


@pytest.mark.parametrize("group", [1, 5_000])
def test_each_is_kept_for_its_time(
    stock: Stock, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "GROUP_ROWS", group)
    stock.db.execute("TRUNCATE delivery_minutes, breaker_changes")
    destination = str(uuid4())
    for hours in (0, 47, 48, 49, 200):
        stock.insert(
            "delivery_minutes", destination_id=destination, process=str(uuid4()),
            minute=NOW - timedelta(hours=hours), delivered=[], failed=hours,
        )  # fmt: skip
    for days in (0, 30, 31, 32):
        stock.insert(
            "breaker_changes", destination_id=destination, changed_at=NOW - timedelta(days=days),
            was="closed", state="open", outcomes=days, failures=0,
        )  # fmt: skip
    stock.run()
    assert stock.rows("SELECT failed FROM delivery_minutes ORDER BY 1") == [(0,), (47,), (48,)]
    assert stock.rows("SELECT outcomes FROM breaker_changes ORDER BY 1") == [(0,), (30,), (31,)]
