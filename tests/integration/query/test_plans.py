"""Rows that are few are found by an index, in a store that has many: no list walks a store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from tests.integration.query.conftest import Reads

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.statement import Statement

ROWS = 20_000
#: Pages of the database; all rows of a store have ten times as many.
FEW = 90

FILL = (
    """
    INSERT INTO customer_activity (event_id, store_id, session_id, visitor_id, correlation_id,
           occurred_at, received_at, activity_type, name, source, consent_analytics,
           consent_marketing, is_bot)
    SELECT gen_random_uuid(), %(store)s, 's-' || n / 10, 'v-' || n / 20, 'c',
           timestamptz '2026-03-01Z' + n * interval '1 minute', now(),
           CASE WHEN n %% 2 = 0 THEN 'custom' ELSE 'page_view' END,
           CASE WHEN n %% 2 = 0 THEN 'name-' || n %% 10 END, 'tracker', 'granted', 'granted', false
      FROM generate_series(1, %(rows)s) AS n
    """,
    """
    INSERT INTO sessions (store_id, session_id, started_at, ended_at, day, visitor_id, steps, pages,
           events, is_bot)
    SELECT %(store)s, 's-' || n, at, at, at::date, 'v-' || n / 4, 1, 1, 1, false
      FROM generate_series(1, %(rows)s) AS n
     CROSS JOIN LATERAL (SELECT timestamptz '2026-03-01Z' + n * interval '1 minute' AS at) AS begun
    """,
    """
    INSERT INTO landing_events (event_id, store_id, session_id, correlation_id, occurred_at,
           received_at, event_type, event_name, landing_page_id, source, consent_analytics,
           consent_marketing, is_bot)
    SELECT gen_random_uuid(), %(store)s, 's-' || n / 10, 'c',
           timestamptz '2026-03-01Z' + n * interval '1 minute', now(), 'view', 'view', 'l',
           'tracker', 'granted', 'granted', false
      FROM generate_series(1, %(rows)s) AS n
    """,
    """
    INSERT INTO cart_tracking_events (id, event_id, store_id, store_name, correlation_id, source,
           consent_analytics, consent_marketing, is_bot, occurred_at, created_at)
    SELECT n, gen_random_uuid(), CASE WHEN n = 1 THEN %(other)s ELSE %(store)s END::uuid, 'planned',
           'c', 'tracker', 'granted', 'granted', false, at, at
      FROM generate_series(1, %(rows)s) AS n
     CROSS JOIN LATERAL (SELECT timestamptz '2026-03-01Z' + n * interval '1 minute' AS at) AS told
    """,
    """
    INSERT INTO tg_analytics_events (event_id, store_id, session_id, correlation_id, occurred_at,
           received_at, event_type, client_id, is_image_inline, source, consent_analytics,
           consent_marketing, is_bot)
    SELECT gen_random_uuid(), %(store)s, 's-' || n / 10, 'c',
           timestamptz '2026-03-01Z' + n * interval '1 minute', now(), 'user_message', n / 20,
           false, 'server', 'granted', 'granted', false
      FROM generate_series(1, %(rows)s) AS n
    """,
    """
    INSERT INTO pulse_events (event_id, store_id, session_id, correlation_id, occurred_at,
           received_at, event_type, event_name, campaign_id, tracking_id, source,
           consent_analytics, consent_marketing, is_bot)
    SELECT gen_random_uuid(), %(store)s, 's-' || n / 10, 'c',
           timestamptz '2026-03-01Z' + n * interval '1 minute', now(), 'WEBAPP_OPEN', 'WEBAPP_OPEN',
           'campaign', 't-' || n, 'server', 'granted', 'granted', false
      FROM generate_series(1, %(rows)s) AS n
    """,
    """
    INSERT INTO order_events (event_id, store_id, session_id, correlation_id, occurred_at,
           received_at, event_type, order_id, source, consent_analytics, consent_marketing, is_bot)
    SELECT gen_random_uuid(), %(store)s, 's-' || n / 10, 'c',
           timestamptz '2026-03-01Z' + n * interval '1 minute', now(), 'paid', n, 'server',
           'granted', 'granted', false
      FROM generate_series(1, %(rows)s) AS n
    """,
    """
    INSERT INTO orders (store_id, order_id, counted_at, day, first_word, status, refunded, channel,
           is_bot)
    SELECT %(store)s, n, at, at::date, n,
           CASE WHEN n %% 5000 = 0 THEN 'cancelled' ELSE 'paid' END::order_status, 0,
           CASE WHEN n %% 5000 = 0 THEN 'pos' ELSE 'web' END, false
      FROM generate_series(1, %(rows)s) AS n
     CROSS JOIN LATERAL (SELECT timestamptz '2026-03-01Z' + n * interval '1 minute' AS at) AS told
    """,
    """
    INSERT INTO deliveries (destination_id, store_id, event_id, received_at, stream, event_type,
           priority, status, created_at, value, source_topic, source_topic_id, source_partition,
           source_offset)
    SELECT gen_random_uuid(), %(store)s, gen_random_uuid(),
           timestamptz '2026-03-01Z' + n * interval '1 minute', 'activity', 'page_view', 1,
           CASE n WHEN 1 THEN 'pending' WHEN 2 THEN 'failed' ELSE 'sent' END, now(), '', 't', 't',
           0, n
      FROM generate_series(1, %(rows)s) AS n
    """,
)
SESSIONS_OF = ("landing_events", "order_events", "pulse_events", "tg_analytics_events")
ACTIVITY = named_sql("streams/activity/queries")
EVENTS = named_sql("query/events")["list_events"]
CARTS = named_sql("query/cart_events")
ORDERS = named_sql("streams/order/queries")
DELIVERIES = named_sql("destinations/delivery_reads")


@pytest.fixture(scope="module")
def filled(reads: Reads) -> Iterator[tuple[psycopg.Connection[Any], dict[str, str]]]:
    """A connection, and a store with many rows and one with a single one."""
    names = {"store": str(uuid4()), "other": str(uuid4())}
    with reads.world.connect() as connection:
        for statement in FILL:
            connection.execute(statement.encode(), {**names, "rows": ROWS})
        connection.execute(
            "ANALYZE customer_activity, sessions, landing_events, cart_tracking_events,"
            " order_events, orders, pulse_events, tg_analytics_events, deliveries"
        )
        yield connection, names


@pytest.mark.parametrize(
    ("statement", "asked"),
    [
        pytest.param(ACTIVITY["rows"], {"visitor_id": "v-3"}, id="activity of a visitor"),
        pytest.param(ACTIVITY["rows"], {"visitor_id": "v-none"}, id="activity of nobody"),
        pytest.param(ACTIVITY["rows"], {"activity_type": "search"}, id="a type that never occurs"),
        pytest.param(ACTIVITY["rows"], {"name": "name-11"}, id="a name that never occurs"),
        pytest.param(ACTIVITY["rows"], {"name": "name-4"}, id="a name"),
        pytest.param(
            ACTIVITY["rows_of_properties"],
            {"name": "name-4", "keys": ["a"], "values": ["b"], "most_searched": 20},
            id="a property",
        ),
        pytest.param(
            ACTIVITY["rows_of_properties"],
            {"name": "name-11", "keys": ["a"], "values": ["b"], "most_searched": 20_000},
            id="a property of a name that never occurs",
        ),
        pytest.param(ACTIVITY["rows"], {"session_id": "s-none"}, id="activity of no session"),
        pytest.param(ACTIVITY["sessions"], {"visitor_id": "v-3"}, id="sessions of a visitor"),
        pytest.param(ACTIVITY["sessions"], {"visitor_id": "v-none"}, id="sessions of nobody"),
        *(
            pytest.param(
                EVENTS.with_names(rows=rows), {"session_id": session}, id=f"{rows} {session}"
            )
            for rows in SESSIONS_OF
            for session in ("s-3", "s-0x")
        ),
        *(
            pytest.param(ORDERS["list_orders"], {"told": False, **asked}, id=f"orders {asked}")
            for asked in (
                {"status": "cancelled"},
                {"status": "refunded"},
                {"channel": "pos"},
                {"channel": "none"},
            )
        ),
        *(
            pytest.param(
                CARTS[name],
                {"store": "other", "most": 10_001, "sort": "product"},
                id=f"{name} of a store that has one cart",
            )
            for name in ("newest_rows", "oldest_rows", "sorted_rows", "count_rows")
        ),
        *(
            pytest.param(
                DELIVERIES[name],
                {"store": store, "status": status, "most": 10_001},
                id=f"{name} of deliveries that are {status}, of {store}",
            )
            for name in ("page", "page_from_oldest", "count_found")
            for status in ("pending", "failed")
            for store in ("store", "all")
        ),
    ],
)
def test_rows_are_found_without_walking_the_store(
    filled: tuple[psycopg.Connection[Any], dict[str, str]],
    statement: Statement,
    asked: dict[str, Any],
) -> None:
    connection, names = filled
    values = dict.fromkeys(statement.parameters) | {
        "store_id": names.get(asked.get("store", "store")), "include_bots": False, "count": 51,
        **{name: value for name, value in asked.items() if name != "store"},
    }  # fmt: skip
    explained = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement
    row = connection.execute(explained, values).fetchone()
    assert row is not None
    plan = row[0][0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < FEW, plan
