"""Sessions of the console and links to it go once they have ended, and no sooner."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.retention.stock import NOW, Stock

from storepulse.access.keys import new_key, store_key
from storepulse.retention import runs as retention


@pytest.fixture(autouse=True)
def sessions(stock: Stock) -> None:
    """Five that have ended, one at this very moment, and two that go on; as many links."""
    stock.db.execute("TRUNCATE console_sessions, sign_in_links")
    key = store_key(stock.db, new_key("secret"), kind="secret", scopes=["read"])
    for number in range(7):
        ends_at = NOW + timedelta(hours=number - 4)
        mark = bytes([number]) * 32
        times = {"began_at": NOW, "seen_at": NOW, "ends_at": ends_at}
        stock.insert("console_sessions", session_hash=mark, key_id=key, **times)
        stock.insert("sign_in_links", link_hash=mark, key_id=key, ends_at=ends_at)


@pytest.mark.parametrize("group", [1, 5_000])
def test_what_has_ended_goes(stock: Stock, group: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "GROUP_ROWS", group)
    stock.run(deliveries=0, dead_letters=0)
    for table in ("console_sessions", "sign_in_links"):
        assert stock.rows(f"SELECT ends_at FROM {table} ORDER BY 1") == [
            (NOW + timedelta(hours=1),),
            (NOW + timedelta(hours=2),),
        ]
