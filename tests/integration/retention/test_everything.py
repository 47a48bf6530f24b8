"""A dry run counts what a run removes, of every table, and so do tally and command."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from tests.integration.retention.stock import NOW, Stock, ago
from tests.support.inline_commands import run, run_json

from storepulse.access.keys import new_key, store_key
from storepulse.adapters.clock import VARIABLE as CLOCK
from storepulse.retention.removals import REMOVALS

STORE = UUID(int=1)
OTHERS = (
    "heatmap_views", "ab_unit_events", "ab_unit_sessions", "ab_test_assignments", "ab_units",
    "console_sessions", "sign_in_links", "delivery_minutes", "breaker_changes",
)  # fmt: skip


@pytest.fixture(autouse=True)
def old_rows(stock: Stock) -> None:
    """Of each table two rows that may go and one that may not."""
    stock.db.execute(f"TRUNCATE {', '.join(OTHERS)}".encode())
    for n, days in enumerate((120, 120, 1)):
        of_deliveries(stock, n, days)
        of_visitors(stock, n, days)
        of_destinations(stock, days)
    stock.batch(uuid4(), 500)
    stock.batch(uuid4(), 500)
    key = store_key(stock.db, new_key("secret"), kind="secret", scopes=["read"])
    for n, hours in enumerate((-2, -1, 1)):
        ends, mark = NOW + timedelta(hours=hours), bytes([n]) * 32
        times = {"began_at": ago(1), "seen_at": ago(1), "ends_at": ends}
        stock.insert("console_sessions", session_hash=mark, key_id=key, **times)
        stock.insert("sign_in_links", link_hash=mark, key_id=key, ends_at=ends)


def of_deliveries(stock: Stock, n: int, days: float) -> None:
    """A delivery of a request, which was halved of another, with the claim of its purchase."""
    whole, half, event = uuid4(), uuid4(), uuid4()
    stock.batch(whole, 5)
    stock.batch(half, 5, parent_id=whole)
    stock.deliver(n, days, days, batch_id=half, store_id=STORE, event_id=event)
    stock.insert(
        "purchase_claims", destination_id=stock.crm, store_id=STORE, order_id=str(n),
        event_id=event, received_at=ago(days), stream="cart", claimed_at=ago(days),
    )  # fmt: skip
    stock.letter(days, days, "resolved")


def of_visitors(stock: Stock, n: int, days: float) -> None:
    """A view of a heatmap, and a unit with a session and the event that holds it."""
    at = ago(days)
    place = {"page_id": 1, "device": "mobile", "is_bot": False, "reach": 20}
    stock.insert("heatmap_views", **place, view=bytes([n]), hour=at, entered_on=at.date())
    key = {"store_id": STORE, "unit": f"s:{n}"}
    event = {"source": "purchase", "key": str(n), "event_id": uuid4(), "happened_at": at}
    stock.insert("ab_unit_events", **key, **event)
    stock.insert("ab_unit_sessions", **key, session_id=str(n), exposed_at=at)
    seen = {"t0": at, "variants": ["a"], "variant_times": [at], "is_bot": False}
    stock.insert("ab_test_assignments", **key, test_id=uuid4(), phase=1, **seen)
    stock.insert("ab_units", **key, seen_on=at.date())


def of_destinations(stock: Stock, days: float) -> None:
    stock.insert(
        "delivery_minutes", destination_id=stock.crm, process=str(uuid4()),
        minute=ago(days), delivered=[], failed=1,
    )  # fmt: skip
    stock.insert(
        "breaker_changes", destination_id=stock.crm, changed_at=ago(days),
        was="closed", state="open", outcomes=1, failures=0,
    )  # fmt: skip


def rows_in(stock: Stock) -> dict[str, int]:
    tables = [removal.table for removal in REMOVALS]
    return {table: stock.rows(f"SELECT count(*)::int FROM {table}")[0][0] for table in tables}


def test_a_dry_run_counts_what_a_run_removes(stock: Stock) -> None:
    before = rows_in(stock)
    counted = stock.count().rows_by_table
    assert all(counted.values()), counted
    assert rows_in(stock) == before
    done = stock.run().rows_by_table
    after = rows_in(stock)
    assert done == {table: before[table] - after[table] for table in before}
    assert counted == done
    # Two of each, and of requests their wholes too.
    assert done == {**dict.fromkeys(done, 2), "delivery_batches": 4}


def test_the_command_shows_all_of_it(
    stock: Stock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = tmp_path / "clock"
    clock.write_text(str(NOW.timestamp() - time.time()))
    monkeypatch.setenv(CLOCK, str(clock))
    settings = stock.world.settings
    counted = stock.count().rows_by_table
    assert run_json(settings, "retention", "run", "--dry-run")["removed"] == counted
    code, out, err = run(settings, "retention", "run", "--dry-run")
    assert (code, err) == (0, "")
    for removal in REMOVALS:
        line = f"{counted[removal.table]} {removal.what} would be removed, {removal.how} before "
        assert line in out
