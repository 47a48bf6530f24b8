"""The stores that a key may read, for the console's list of stores."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from storepulse.access import store_changes
from storepulse.access.rules.administration import CLI, UnknownObject
from storepulse.access.store_changes import StoreRow
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.time_zones import UTC_ZONE, zone_at
from storepulse.query.key_models import ReadableStore

#: Longest list; further stores can be found by domain or id.
MOST_STORES = 200
#: Most pairs of stream and store that are searched for undeclared stores.
MOST_PAIRS = 2_000
#: Domains of the demo's stores and of the demo shop.
_is_of_demo = re.compile(r"demo-[a-z]+\.myshopify\.com|aster-and-loom\.example").fullmatch

_SQL = named_sql("query/console/own_stores", undeclared="pairs count")


def list_readable(
    connection: Connection, store_id: UUID | None, now: datetime
) -> list[ReadableStore]:
    """The stores by name; one more than `MOST_STORES` if there are more. Only `store_id` if the
    key is tied to it."""
    if store_id is not None:
        try:
            return [_declared(store_changes.find_store(connection, CLI, store_id), now)]
        except UnknownObject:
            return [_undeclared(store_id)]
    count = MOST_STORES + 1
    found = [_declared(row, now) for row in store_changes.list_stores(connection, count)]
    if len(found) < count:
        parameters = {"pairs": MOST_PAIRS, "count": count - len(found)}
        rows = connection.execute(_SQL["undeclared"], parameters)
        found += [_undeclared(undeclared) for (undeclared,) in rows]
    return sorted(found, key=lambda one: (not one.is_declared, one.name.casefold()))


def _declared(row: StoreRow, now: datetime) -> ReadableStore:
    return ReadableStore(
        store_id=row.store_id,
        name=row.name or row.domain or _short_name(row.store_id),
        domain=row.domain,
        time_zone=zone_at(row.periods, now),
        currency=row.known_settings.currency,
        is_declared=True,
        is_sample=_is_of_demo(row.domain or "") is not None,
    )


def _undeclared(store_id: UUID) -> ReadableStore:
    return ReadableStore(
        store_id=store_id,
        name=_short_name(store_id),
        domain=None,
        time_zone=UTC_ZONE,
        currency=None,
        is_declared=False,
        is_sample=False,
    )


def _short_name(store_id: UUID) -> str:
    return str(store_id)[:8]
