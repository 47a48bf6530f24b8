"""Stores' settings of pages: the domain, and the patterns that combine pages.

The agents read both for each slice, so that a change applies from the next slice on. A recount
knows only the current settings: figures from before a change may differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.exactness.model.events import Event

#: Store -> its domain, and its patterns in order.
Sites = Mapping[str, tuple[str | None, Sequence[str]]]

_SQL = named_sql("exactness/model/sites", sites="")


def with_sites(events: Iterable[Event], sites: Sites) -> list[Event]:
    """The events with their stores' domains and patterns, for `pages`."""
    return [
        event | dict(zip(("store_domain", "page_patterns"), sites[event["store_id"]], strict=True))
        if event["store_id"] in sites
        else event
        for event in events
    ]


def stored_sites(connection: Any) -> Sites:
    """The settings of all stores in PostgreSQL (`connection`: psycopg)."""
    rows = connection.execute(_SQL["sites"]).fetchall()
    return {store_id: (domain, patterns) for store_id, domain, patterns in rows}
