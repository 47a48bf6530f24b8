"""The running services, with a store whose shop is visited."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from psycopg.rows import dict_row
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access import store_changes
from storepulse.access.keys import new_key, store_key
from storepulse.access.rules.administration import CLI
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.experiments.authored import AuthoredMetric, AuthoredTest, AuthoredVariant
from storepulse.experiments import changes

_ACTIVITY = b"""
SELECT activity_type AS type, name, page_url, referrer, search_query AS query, product_id, quantity,
       value::text AS value, currency, metadata, source, is_bot, session_id, visitor_id,
       occurred_at AS at, received_at, event_id::text AS id, consent_analytics AS analytics,
       consent_marketing AS marketing
  FROM customer_activity WHERE store_id = %s ORDER BY occurred_at, event_id
"""


@dataclass(frozen=True)
class VisitedStack:
    """Where the services are; `test` is a running experiment of the store."""

    world: World
    gateway: str
    query_url: str
    key: str
    store: str
    test: str

    @property
    def headers(self) -> dict[str, str]:
        return self.world.headers

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of a statement that asks for `%(store)s` or `%(test)s`."""
        with self.world.connect() as connection:
            values = {"store": self.store, "test": self.test}
            return connection.execute(statement.encode(), values).fetchall()

    def add_store(self) -> VisitedStack:
        """The same services with another store, which has no test."""
        return replace(self, store=str(uuid4()), test="")

    def activity(self) -> list[dict[str, Any]]:
        """The store's activity, in the order in which it happened."""
        with self.world.connect() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            return cursor.execute(_ACTIVITY, [self.store]).fetchall()

    def wait_for_activity(self, count: int) -> list[dict[str, Any]]:
        """Waits for so many rows, and gives all there are."""

        def seen() -> str:
            return f"{count}; there: {[row['name'] or row['type'] for row in self.activity()]}"

        wait_until(lambda: len(self.activity()) >= count, seen, seconds=30)
        return self.activity()

    def elements(self) -> dict[tuple[str, str], tuple[int, int, int]]:
        """Clicks, rage clicks and dead clicks by page and selector."""
        found = self.rows(
            "SELECT page, selector, sum(clicks)::int, sum(rage_clicks)::int, sum(dead_clicks)::int"
            "  FROM heatmap_elements JOIN pages USING (page_id) WHERE store_id = %(store)s"
            " GROUP BY 1, 2"
        )
        return {(page, selector): tuple(counts) for page, selector, *counts in found}

    def rests(self) -> dict[tuple[str, str], int]:
        """Milliseconds that the mouse rested, by page and selector."""
        found = self.rows(
            "SELECT page, selector, sum(dwell_ms)::int FROM heatmap_elements"
            "  JOIN pages USING (page_id) WHERE store_id = %(store)s GROUP BY 1, 2"
        )
        return {(page, selector): dwell for page, selector, dwell in found}

    def cells(self) -> dict[str, int]:
        """Clicks in the heatmap's cells by page."""
        return dict(
            self.rows(
                "SELECT page, sum(events)::int FROM heatmap_cells JOIN pages USING (page_id)"
                " WHERE kind = 'click' AND store_id = %(store)s GROUP BY 1"
            )
        )

    def reaches(self) -> list[tuple[str, int]]:
        """How far each scrolled view came, by page."""
        return self.rows(
            "SELECT page, reach FROM heatmap_views JOIN pages USING (page_id)"
            " WHERE store_id = %(store)s ORDER BY page"
        )


def started_test(connection: Connection, store: UUID) -> str:
    """A test of a new store, started an hour ago as its author would."""
    began = datetime.now(UTC) - timedelta(hours=1)
    store_changes.create_store(connection, CLI, began, store_id=store)
    draft = AuthoredTest(
        name="Green button",
        variants=[AuthoredVariant(name, 5_000) for name in ("control", "green")],
        metrics=[AuthoredMetric(key="done", kind="binary", source="conversion")],
    )
    test = changes.create_test(connection, CLI, store, draft, began).row.test_id
    place, start = changes.TestPlace(store, test), changes.MoveAsked("start", began)
    changes.move_test(connection, CLI, place, start)
    return str(test)


@contextmanager
def open_stack(world: World) -> Iterator[VisitedStack]:
    """Gateway, agents and query service, a publishable key, a store and its test."""
    settings = world.settings.model_copy(
        update={
            "gateway_spool_after_ms": 10_000,
            "limit_events_per_minute": 1_000_000,
            "limit_heatmap_per_minute": 1_000_000,
        }
    )
    key, store = new_key("publishable"), str(uuid4())
    with ExitStack() as stack, world.connect() as connection:
        store_key(connection, key, kind="publishable", scopes=["ingest"])
        test = started_test(connection, UUID(store))
        services = [Service(name, settings).start() for name in ("gateway", "agents", "query")]
        for service in services:
            stack.callback(service.stop)
        for service in services:
            service.wait_ready(240)
        url, _, query_url = (service.url for service in services)
        path = f"{url}/api/ab-testing/variant/{test}?visitor_id=x&expose=false&key={key}"
        wait_until(
            lambda: httpx.get(path).status_code == 200,
            "the gateway knows the key and the test",
            seconds=60,
        )
        yield VisitedStack(world, url, query_url, key, store, test)
