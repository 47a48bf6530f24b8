"""What experiments know of units goes when it is old, and their figures stay."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from tests.integration.retention.stock import NOW, Stock

from storepulse.retention import runs as retention

STORE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
TEST = uuid.UUID(int=7)
#: Of the store: 3 days of window and 14 before it.
SPAN = 17


@pytest.fixture(autouse=True)
def units(stock: Stock) -> None:
    """Events, sessions and locks of units from no to 60 days ago; the other store has no test."""
    stock.db.execute(
        "TRUNCATE ab_units, ab_unit_events, ab_unit_sessions, ab_test_assignments, ab_tests CASCADE"
    )
    stock.db.execute("INSERT INTO stores (store_id) VALUES (%s) ON CONFLICT DO NOTHING", [STORE])
    test = {"name": "a", "definition": "{}", "created_by": "me"}
    stock.insert("ab_tests", test_id=TEST, store_id=STORE, **test)
    lengths = {"window_ms": 3 * 86_400_000, "pre_ms": 14 * 86_400_000}
    phase = {"test_id": TEST, "phase": 1, "store_id": STORE, "settings": "{}"}
    stock.insert("ab_test_phases", **phase, started_at=NOW, **lengths)
    for days in range(0, 61, 2):
        at, unit = NOW - timedelta(days=days), f"v:{days:02}"
        for store in (STORE, OTHER):
            key = {"store_id": store, "unit": unit}
            stock.insert("ab_units", **key, seen_on=at.date())
            event = {"source": "purchase", "key": f"e:{days:02}", "event_id": uuid.UUID(int=days)}
            stock.insert("ab_unit_events", **key, **event, happened_at=at)
            stock.insert("ab_unit_sessions", **key, session_id=f"{days:02}", exposed_at=at)
            seen = {"t0": at, "variants": ["a"], "variant_times": [at], "is_bot": False}
            stock.insert("ab_test_assignments", **key, test_id=TEST, phase=1, **seen)
    of_old = {"source": "purchase", "key": "e:x", "event_id": uuid.UUID(int=99)}
    stock.insert("ab_unit_events", store_id=OTHER, unit="s:58", happened_at=NOW, **of_old)


def oldest(stock: Stock, table: str, store: uuid.UUID) -> str:
    query = f"SELECT max(unit) FROM {table} WHERE store_id = '{store}' AND unit <> 's:58'"
    ((unit,),) = stock.rows(query)
    return str(unit)


@pytest.mark.parametrize("group", [1, 5_000])
def test_units_are_kept_for_a_month_after_all_windows(
    stock: Stock, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "GROUP_ROWS", group)
    stock.run(deliveries=0, dead_letters=0)
    assert oldest(stock, "ab_unit_events", STORE) == f"v:{31 + SPAN}"
    assert oldest(stock, "ab_unit_events", OTHER) == "v:30"
    assert oldest(stock, "ab_unit_sessions", STORE) == f"v:{31 + SPAN}"
    # An event of its session is there yet.
    assert oldest(stock, "ab_unit_sessions", OTHER) == "v:58"
    for store in (STORE, OTHER):
        assert oldest(stock, "ab_units", store) == "v:30"
    # What phases that there are count stays for good.
    assert oldest(stock, "ab_test_assignments", STORE) == "v:60"
    assert oldest(stock, "ab_test_assignments", OTHER) == "v:30"
