"""Deliveries, their requests and attempts: what is finished goes in time, what is not stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from tests.integration.retention.stock import Stock, ago

from storepulse.domain.errors import Rejected
from storepulse.retention import groups, partitions
from storepulse.retention import runs as retention
from storepulse.retention.removed_deliveries import refuse_removed
from storepulse.retention.settings_limits import limits_of


def test_what_was_finished_long_ago_goes_and_nothing_else(stock: Stock) -> None:
    closed, still_open, held = (
        stock.letter(95, 95, s) for s in ("resolved", "open", "reprocessing")
    )
    stock.deliver(1, 100, 95)
    stock.deliver(2, 100, 95, "failed")
    stock.deliver(3, 100, 95, "failed", dead_letter_id=closed)
    stock.deliver(4, 400, 399)
    stock.deliver(5, 100, 95, "skipped")
    stock.deliver(11, 100)
    stock.deliver(12, 400, batch_id=uuid4())
    # Its destination was away for long.
    stock.deliver(13, 100, 89)
    stock.deliver(14, 89, 89)
    stock.deliver(15, 100, 95, "failed", dead_letter_id=still_open)
    stock.deliver(16, 100, 95, "failed", dead_letter_id=held)
    counted = stock.count()
    assert (
        counted.rows_by_table["deliveries"],
        counted.rows_by_table["dead_letters"],
        counted.open_kept,
    ) == (5, 1, 2)
    assert len(stock.deliveries()) == 11
    done = stock.run()
    assert (done.rows_by_table["deliveries"], done.complete) == (5, True)
    assert stock.deliveries() == [11, 12, 13, 14, 15, 16]
    nothing = dict.fromkeys(done.rows_by_table, 0)
    assert stock.run().rows_by_table == nothing
    assert stock.run(deliveries=0, dead_letters=0).rows_by_table == nothing


def test_an_orders_purchase_is_remembered_as_long_as_its_delivery(stock: Stock) -> None:
    gone, waits, young, store = (uuid4() for _ in range(4))

    def claim(order: str, event: Any, received: float) -> None:
        stock.insert(
            "purchase_claims", destination_id=stock.crm, store_id=store, order_id=order,
            event_id=event, received_at=ago(received), stream="cart",
            claimed_at=ago(received),
        )  # fmt: skip

    stock.deliver(1, 100, 95, store_id=store, event_id=gone, received_at=ago(100))
    stock.deliver(2, 100, store_id=store, event_id=waits, received_at=ago(100))
    claim("gone", gone, 100)
    claim("waits", waits, 100)
    # Of a delivery that somebody else removed.
    claim("young", young, 80)
    stock.run()
    kept = stock.db.execute("SELECT order_id FROM purchase_claims ORDER BY 1").fetchall()
    assert kept == [("waits",), ("young",)]


def test_they_go_in_groups(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "GROUP_ROWS", 10)
    stock.deliver_many(35, 100)
    # Rows that stay lie between those that go.
    for n in range(40, 75):
        stock.deliver(n, 100 - (n - 40) / 86_400)
    groups: list[int] = []
    stock.run(progress=lambda _table, rows: groups.append(rows))
    assert groups == [10, 10, 10, 5]
    assert stock.deliveries() == list(range(40, 75))


def test_a_run_that_is_stopped_ends_after_its_group(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "GROUP_ROWS", 10)
    stock.deliver_many(35, 100)
    groups: list[int] = []
    done = stock.run(
        progress=lambda _table, rows: groups.append(rows), is_stopping=lambda: len(groups) == 2
    )
    assert (done.rows_by_table["deliveries"], done.complete, done.dropped) == (20, False, [])
    assert len(stock.deliveries()) == 15


def test_what_somebody_holds_is_skipped_without_waiting(stock: Stock) -> None:
    stock.deliver(1, 100, 95)
    stock.deliver(2, 100, 95)
    with stock.world.connect() as other, other.transaction():
        other.execute("SELECT FROM deliveries WHERE source_offset = 1 FOR UPDATE")
        assert stock.run().rows_by_table["deliveries"] == 1
        assert stock.deliveries() == [1]
    assert stock.run().rows_by_table["deliveries"] == 1


def test_requests_go_with_their_last_delivery(stock: Stock) -> None:
    whole, shared, earlier, halved, half, waiting = (uuid4() for _ in range(6))
    for batch in (whole, shared, earlier, halved):
        stock.batch(batch, 100)
    stock.batch(half, 99, parent_id=halved)
    stock.batch(waiting, 100, "pending")
    stock.deliver(1, 100, 95, batch_id=whole)
    stock.deliver(2, 100, 95, batch_id=whole)
    stock.deliver(3, 100, 95, batch_id=shared)
    stock.deliver(4, 100, 80, batch_id=shared)
    stock.deliver(5, 100, 95, batch_id=half, earlier_batches=[earlier])
    stock.deliver(6, 100, batch_id=waiting)
    done = stock.run()
    assert (done.rows_by_table["deliveries"], done.rows_by_table["delivery_batches"]) == (4, 4)
    assert stock.batches() == {shared, waiting}


def test_months_that_are_over_are_dropped_once_nothing_is_left(stock: Stock) -> None:
    for n, days in enumerate((115, 145)):
        stock.batch(uuid4(), days)
        stock.deliver(n, days, days)
    stock.batch(uuid4(), 5)
    stock.batch(uuid4(), 500)
    # Before any month that there is.
    stock.deliver(3, 500, 500)
    stock.deliver(4, 145)
    before = stock.partitions("deliveries")
    assert {"_202606", "_202607", "_202608"} < set(before)
    done = stock.run()
    assert "deliveries_202608" not in done.dropped
    assert stock.deliveries() == [4]
    kept = stock.rows("SELECT tableoid::regclass::text FROM deliveries")
    assert kept == [("deliveries_202607",)]
    assert [p for p in before if p not in stock.partitions("deliveries")] == ["_202606"]
    # Attempts have no status: their months go as they are, those without a month row by row.
    assert stock.rows("SELECT count(*) FROM delivery_attempts") == [(2,)]
    assert done.rows_by_table["delivery_attempts"] == 2
    assert set(done.dropped) == {
        "deliveries_202606", "delivery_attempts_202606", "delivery_attempts_202607",
    }  # fmt: skip
    assert stock.count().rows_by_table["delivery_attempts"] == 0
    # What comes back from before has a place.
    stock.deliver(5, 170)
    assert stock.deliveries() == [4, 5]


def test_a_partition_in_use_is_left_for_the_next_run(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "DROP_PAUSE_SECONDS", 0.0)
    stock.deliver(1, 145, 145)
    with stock.world.connect() as other, other.transaction():
        other.execute("SELECT count(*) FROM deliveries")
        done = stock.run()
        assert done.rows_by_table["deliveries"] == 1
        assert "deliveries_202607" in done.busy
        assert "deliveries_202607" not in done.dropped
    assert "deliveries_202607" in stock.run().dropped


def test_who_claims_waits_for_none_of_it(stock: Stock) -> None:
    """While a group is removed, claims and new rows go on."""
    stock.deliver(1, 100, 95)
    stock.deliver(2, 100)
    seen: list[Any] = []

    def meanwhile(place: str) -> None:
        if place == "retention.before_commit" and not seen:
            with stock.world.connect() as other:
                other.execute("SET lock_timeout = '100ms'")
                seen.extend(
                    other.execute(
                        "UPDATE deliveries SET batch_id = gen_random_uuid()"
                        " WHERE status = 'pending' RETURNING source_offset"
                    ).fetchall()
                )
                stock.deliver(3, 100)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "reach", meanwhile)
        assert stock.run().rows_by_table["deliveries"] == 1
    assert seen == [(2,)]
    assert stock.deliveries() == [2, 3]


def test_a_period_of_which_rows_are_gone_is_refused(stock: Stock) -> None:
    stock.deliver(1, 120, 120)
    stock.deliver(2, 100, 95)
    stock.deliver(3, 99)
    # Nothing is gone, nothing is refused.
    refuse_removed(stock.db, str(stock.crm), ago(1_000))
    stock.run()
    for start in (ago(1_000), ago(120), ago(100)):
        with pytest.raises(Rejected, match="begin at 2026-08-18T12:00:01Z or later"):
            refuse_removed(stock.db, str(stock.crm), start)
    refuse_removed(stock.db, str(stock.crm), ago(100) + timedelta(seconds=1))
    refuse_removed(stock.db, str(uuid4()), ago(1_000))
    # Another run that removes older ones does not forget it.
    stock.deliver(4, 300, 299)
    stock.run()
    with pytest.raises(Rejected):
        refuse_removed(stock.db, str(stock.crm), ago(100))


def test_nothing_goes_while_a_backfill_looks_for_what_is_missing(stock: Stock) -> None:
    stock.deliver(1, 100, 95)
    with stock.db.transaction():
        refuse_removed(stock.db, str(stock.crm), ago(200))
        settings = stock.world.settings
        with retention.open_connection(settings) as connection:
            connection.execute("SET lock_timeout = '100ms'")
            run = retention.Run(connection, limits_of(settings, ago(0)))
            with pytest.raises(psycopg.errors.LockNotAvailable):
                run.run()
        assert stock.deliveries() == [1]
    assert stock.run().rows_by_table["deliveries"] == 1
