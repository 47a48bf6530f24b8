"""The tables once more, by the plain model, from the events that a recount finds fresh.

All fresh events are held, and all tables as PostgreSQL has them: about 3 KB an event. So above
`TableScope.most_events` nothing is compared but the ledger; one store alone takes less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from storepulse.exactness.ingest_records import IngestRecord
from storepulse.exactness.model import comparison
from storepulse.exactness.model.days import Zones
from storepulse.exactness.model.events import Event, Rows, Tables
from storepulse.exactness.model.sites import Sites
from storepulse.exactness.model.tables import expected, tables_without
from storepulse.exactness.snapshot import TableScope
from storepulse.exactness.text_rules import with_texts

SHOWN = 5
#: Tables in which a page or a source stands; their first column is the store.
OF_PAGES = frozenset(
    ("sessions", "sessions_daily", "pages_daily",
     "session_pages_daily", "web_vitals_daily", "heatmap_cells",
     "heatmap_scroll", "heatmap_pages_daily", "heatmap_elements")
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
#: What no figure depends on.
_LEFT_OUT = frozenset(
    ("correlation_id", "content_crc", "ip", "user_agent", "bot_reason", "priority",
     "consent_analytics", "consent_marketing")
)  # fmt: skip


class _FreshEvent(dict[str, Any]):
    """An event without the fields that are null: held by the million, they would double it."""

    __slots__ = ()

    def __missing__(self, name: str) -> None:
        return None

    def __or__(self, more: Any) -> Any:
        return _FreshEvent({**self, **more})


@dataclass
class FreshEvents:
    """The first copy of each event, in the order of its partition."""

    scope: TableScope
    events: list[Event] = field(default_factory=list)
    arrived_at: dict[str, int] = field(default_factory=dict)
    #: By store, when its first event was received.
    first_at: dict[str, int] = field(default_factory=dict)
    #: The latest time of receipt of each partition's clicks so far.
    _newest: Counter[int] = field(default_factory=Counter)

    def add(self, stream: str, record: IngestRecord) -> None:
        """Takes a record that holds an event of the stream."""
        event = record.event
        if event is None or not self.scope.has(event["store_id"]):
            return
        received = _milliseconds(event["received_at"])
        kept = _FreshEvent(
            (name, value)
            for name, value in event.items()
            if value is not None and name not in _LEFT_OUT
        )
        kept |= {
            "stream": stream,
            "occurred_at": _milliseconds(event["occurred_at"]),
            "received_at": received,
        }
        if "ordered_at" in kept:
            kept |= {"ordered_at": _milliseconds(kept["ordered_at"])}
        self.events.append(kept)
        store = event["store_id"]
        self.first_at[store] = min(received, self.first_at.get(store, received))
        if event.get("kind") == "click":
            kept["partition"] = record.partition
            newest = max(self._newest[record.partition], received)
            self._newest[record.partition] = newest
            self.arrived_at[event["event_id"]] = newest

    def stores_before(self, moments: Mapping[str, datetime]) -> set[str]:
        """Those of the stores that had an event before their moment."""
        return {
            store
            for store, at in moments.items()
            if store in self.first_at and self.first_at[store] < _milliseconds(at)
        }


@dataclass(frozen=True)
class ToldStores:
    """What stores say of their days and pages; `changed` are those who once said otherwise of their
    pages, when they had events."""

    zones: Zones = field(default_factory=dict)
    sites: Sites = field(default_factory=dict)
    changed: Collection[str] = ()

    def comparable(self, table: str, rows: Rows) -> Rows:
        """Rows without those whose pages nobody can count again."""
        if not self.changed or table not in OF_PAGES:
            return rows
        return {key: values for key, values in rows.items() if key[0] not in self.changed}


def findings(
    fresh: FreshEvents, stored: Tables, stores: ToldStores, left_out: Collection[str]
) -> list[str]:
    """What the tables hold otherwise than the model; those fed by streams `left_out` aside."""
    events = with_texts([e for e in fresh.events if e["stream"] not in left_out], stores.sites)
    tables = sorted(tables_without(left_out))
    wanted = expected(events, fresh.arrived_at, stores.zones, stores.sites)
    found, told = (
        {table: stores.comparable(table, side[table]) for table in tables}
        for side in (stored, wanted)
    )
    return comparison.differences(told, found, tables, SHOWN).lines


def _milliseconds(at: datetime | int) -> int:
    return at if isinstance(at, int) else (at - _EPOCH) // _MILLISECOND
