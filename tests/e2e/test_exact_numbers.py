"""From a beacon to every stored number: the demo's traffic, recomputed and compared to the unit."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support import accepted_events, commands, subscriber
from tests.support.services import Service
from tests.support.table_comparison import compare_tables
from tests.support.world import World

from storepulse.demo.parts import PARTS
from storepulse.demo.shops import shops
from storepulse.exactness.model import comparison

STREAMS = tuple(PARTS)
#: Columns that a hand might move.
MOVED = (
    ("orders", "amount"),
    ("sessions", "events"),
    ("visitors_daily", "day"),
    ("visitors_hourly", "day"),
    ("heatmap_elements", "rage_clicks"),
    ("heatmap_elements", "dead_clicks"),
    ("heatmap_scroll", "events"),
    ("cart_products_daily", "generated_images"),
    ("custom_events_daily", "events"),
    ("web_vitals_daily", "samples"),
)
pytestmark = pytest.mark.timeout(200)


def ledger(world: World) -> dict[str, Counter[str]]:
    """The ledger's sums by stream."""
    with world.connect() as connection:
        rows = connection.execute(
            "SELECT stream, sum(accepted)::int, sum(applied)::int, sum(duplicate)::int,"
            " sum(conflict)::int, sum(dead)::int FROM ledger_counts GROUP BY stream"
        ).fetchall()
    names = ("accepted", "applied", "duplicate", "conflict", "dead")
    return {str(stream): Counter(dict(zip(names, counts, strict=True))) for stream, *counts in rows}


def audit(world: World, *more: str) -> tuple[int, list[str]]:
    """Exit code and findings of the audit, once all is processed."""
    code, out, err = commands.run(world.settings, "audit", "--wait", "60", "--json", *more)
    assert out, err
    document: dict[str, Any] = json.loads(out)
    return code, document["findings"]


def assert_orders_are_as_counted(world: World, manifest: dict[str, Any]) -> None:
    """Each order counts once, however often it was told; amounts by currency."""
    with world.connect() as connection:
        rows = connection.execute(
            "SELECT store_id::text, coalesce(currency, ''), count(*), sum(amount - refunded)"
            " FROM orders WHERE NOT is_bot AND status IN ('paid', 'refunded')"
            " GROUP BY 1, 2 UNION ALL"
            " SELECT store_id::text, currency, 0, sum(revenue) FROM ("
            "  SELECT store_id, currency, revenue, is_bot FROM activity_revenue_hourly UNION ALL"
            "  SELECT store_id, currency, revenue, is_bot FROM campaign_revenue_hourly UNION ALL"
            "  SELECT store_id, currency, revenue, is_bot FROM landing_revenue_hourly"
            " ) AS unnumbered WHERE NOT is_bot GROUP BY 1, 2"
        ).fetchall()
    assert sum(counts["figures"]["orders"] for counts in manifest["stores"].values()) > 10
    for store, counts in manifest["stores"].items():
        figures, revenue = counts["figures"], Counter[str]()
        for of_store, currency, _, amount in rows:
            if of_store == store and amount is not None:
                revenue[str(currency)] += amount
        assert revenue == {code: Decimal(sum_) for code, sum_ in figures["revenue"].items()}
        assert sum(int(str(row[2])) for row in rows if row[0] == store) == figures["orders"]


def assert_webhooks_told_orders(world: World, events: list[dict[str, Any]]) -> None:
    """One of the shops tells its orders by Shopify's webhooks alone: some are paid, and whatever
    else became of one in this run is there."""
    [shop] = [shop for shop in shops(3) if shop.has_webhooks]
    told = {
        event["event_type"]
        for event in events
        if event["stream"] == "order" and event["store_id"] == shop.store_id
    }
    assert {"created", "paid"} <= told <= {"created", "paid", "refunded", "cancelled"}
    with world.connect() as connection:
        rows = connection.execute(
            "SELECT DISTINCT event_type::text FROM order_events WHERE store_id = %s",
            [shop.store_id],
        ).fetchall()
    assert {str(kind) for (kind,) in rows} == told


def test_every_number_is_exact_and_a_repeat_changes_none(
    world: World, services: dict[str, Service], tmp_path: Path
) -> None:
    first = tmp_path / "first.json"
    manifest = commands.demo_result(
        commands.run(world.settings, *commands.demo_arguments(first, 2611, 6000, "--verify"))
    )
    assert manifest["totals"]["fresh"] == 6000
    assert manifest["wrong_figures"] == []
    assert_orders_are_as_counted(world, manifest)
    events = accepted_events.read_events(tmp_path / "first.json.events.ndjson")
    assert_webhooks_told_orders(world, events)
    assert audit(world, "--recount") == (0, [])
    with world.connect() as connection:
        found = compare_tables(connection, events)
        assert not found, str(found)
        empty = [table for table, count in found.rows.items() if not count]
        # No test runs here: the demo's scene with one has its own.
        assert [table for table in empty if not table.startswith("ab_")] == []
        before = comparison.stored_tables(connection)

    # The ledger agrees with what the client was told.
    assert manifest["retries"] == 0
    for stream, counts in ledger(world).items():
        told = manifest["streams"][stream]
        assert counts == Counter(
            accepted=told["accepted"],
            applied=told["fresh"],
            duplicate=told["duplicates"] + told["conflicts"],
            conflict=told["conflicts"],
            dead=0,
        )

    # Another team's consumer sees each event once, under its id.
    for stream in STREAMS:
        seen = subscriber.events(world.settings, stream, "another-team")
        wanted = Counter(e["event_id"] for e in events if e["stream"] == stream)
        assert Counter(record.event_id for record in seen) == wanted
        assert all(record.event_id == str(record.event["event_id"]).lower() for record in seen)

    # The same seed again: everything is a duplicate, no number moves.
    again = tmp_path / "again.json"
    repeated = commands.demo_result(
        commands.run(
            world.settings,
            *commands.demo_arguments(again, 2611, 6000, "--at", manifest["at"], "--verify"),
        )
    )
    assert {k: v for k, v in repeated["totals"].items() if k != "retries"} == manifest["totals"]
    assert repeated["wrong_figures"] == []
    assert accepted_events.by_session(
        accepted_events.read_events(tmp_path / "again.json.events.ndjson")
    ) == accepted_events.by_session(events)
    assert audit(world, "--recount") == (0, [])
    with world.connect() as connection:
        assert comparison.stored_tables(connection) == before
    sums = ledger(world)
    for stream in STREAMS:
        assert sums[stream]["accepted"] == 2 * manifest["streams"][stream]["accepted"]
        assert sums[stream]["applied"] == manifest["streams"][stream]["fresh"]
        assert len(subscriber.events(world.settings, stream, "a-third-team")) == len(
            [e for e in events if e["stream"] == stream]
        )

    # The audit and the comparison notice a single unit that is wrong.
    tamper = {
        "UPDATE activity_hourly SET events = events {} 1"
        " WHERE activity_type = 'checkout_start'": "in activity_hourly",
        "UPDATE funnel_daily SET sessions = sessions {} 1 WHERE step = 4": "in funnel_daily",
        "UPDATE sessions_daily SET duration_ms = duration_ms {} 1": "in sessions_daily",
        "UPDATE pages_daily SET views = views {} 1": "in pages_daily",
        "UPDATE visitors_daily SET visitor = CASE '{}' WHEN '+' THEN 'x' || visitor"
        " ELSE substr(visitor, 2) END": "in visitors_daily",
        "UPDATE heatmap_scroll SET views = views {} 1": "in heatmap_scroll",
        "UPDATE custom_events_daily SET events = events {} 1": "in custom_events_daily",
        "UPDATE ledger_counts SET accepted = accepted {0} 1, duplicate = duplicate {0} 1"
        " WHERE stream = 'cart'": "offsets and counts",
    }
    with world.connect() as connection:
        for statement, words in tamper.items():
            connection.execute(statement.format("+").encode())
            code, findings = audit(world)
            assert code == 1
            assert any(words in finding for finding in findings), findings
            assert bool(compare_tables(connection, events)) is ("ledger" not in statement)
            connection.execute(statement.format("-").encode())

        # The recount names each row, also of what no sum shows.
        for table, column in MOVED:
            connection.execute(f"UPDATE {table} SET {column} = {column} + 1000".encode())
        code, findings = audit(world, "--recount")
        assert code == 1
        told = [finding for finding in findings if finding.endswith((" stored", " differences"))]
        tables = Counter(finding.partition(" ")[0].rstrip(":") for finding in told)
        # What customers bought is made of orders, so it moves with them.
        assert tables.keys() == {"customer_orders", *(table for table, _ in MOVED)}, findings
        assert max(tables.values()) <= 6
        store = min(manifest["stores"])
        _, findings = audit(world, "--recount", "--store", store)
        rows = [finding for finding in findings if finding.endswith(" stored")]
        assert rows
        assert all(store in row for row in rows)
        _, findings = audit(world, "--recount", "--most-events", "2999")
        assert not any(finding.endswith(" stored") for finding in findings)
        for table, column in MOVED:
            connection.execute(f"UPDATE {table} SET {column} = {column} - 1000".encode())
    assert audit(world, "--recount") == (0, [])
