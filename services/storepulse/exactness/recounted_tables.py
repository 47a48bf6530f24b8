"""Recounts the tables with the plain model, from the events that a recount finds fresh.

All fresh events and all tables are held in memory: about 3 KB per event. So above
`TableScope.most_events` only the ledger is compared. A single store needs less.
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
from storepulse.exactness.model.experiments import Phases, is_exposure
from storepulse.exactness.model.sites import Sites
from storepulse.exactness.model.tables import expected, feeding_streams, tables_without
from storepulse.exactness.snapshot import TableScope
from storepulse.exactness.text_rules import with_texts

SHOWN = 5
#: Tables that contain a page or a source; their first column is the store.
OF_PAGES = frozenset(
    ("sessions", "sessions_daily", "pages_daily", "web_vitals_daily", "heatmap_cells",
     "heatmap_scroll", "heatmap_pages_daily", "heatmap_elements")
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
#: Fields that no figure depends on.
_LEFT_OUT = frozenset(
    ("correlation_id", "content_crc", "ip", "user_agent", "bot_reason", "priority",
     "consent_analytics", "consent_marketing")
)  # fmt: skip


class _FreshEvent(dict[str, Any]):
    """An event without its null fields: with millions of events, they would double the memory."""

    __slots__ = ()

    def __missing__(self, name: str) -> None:
        return None

    def __or__(self, more: Any) -> Any:
        return _FreshEvent({**self, **more})


@dataclass
class FreshEvents:
    """The applied copy of each event, in the order of its partition."""

    scope: TableScope
    events: list[Event] = field(default_factory=list)
    arrived_at: dict[str, int] = field(default_factory=dict)
    #: By store, when its first event was received.
    first_at: dict[str, int] = field(default_factory=dict)
    #: By store and event id, the copies of an exposure that differ in fields that count.
    _exposures: dict[tuple[str, str], dict[Any, Event]] = field(default_factory=dict)
    #: By partition, the latest time of receipt of its clicks so far.
    _newest: Counter[int] = field(default_factory=Counter)
    #: Records held in addition to the events.
    _held: int = field(default=0, compare=False)

    def add(self, stream: str, record: IngestRecord) -> None:
        """Add a record with an event of the stream."""
        if record.event is None or not self.scope.has(record.event["store_id"]):
            return
        kept = self._fresh_event(stream, record.event)
        self.events.append(kept)
        self._note_exposure(kept)
        if kept.get("kind") == "click":
            kept["partition"] = record.partition
            newest = max(self._newest[record.partition], kept["received_at"])
            self._newest[record.partition] = newest
            self.arrived_at[kept["event_id"]] = newest

    def add_repeated(self, stream: str, record: IngestRecord) -> None:
        """Add another copy of an event: copies of an exposure may be earlier, or in other
        sessions."""
        if record.event is not None and self.scope.has(record.event["store_id"]):
            self._note_exposure(record.event | {"stream": stream})

    def _note_exposure(self, event: Event) -> None:
        if not is_exposure(event):
            return
        told = self._exposures.setdefault((event["store_id"], event["event_id"]), {})
        times = {name: _milliseconds(event[name]) for name in ("occurred_at", "received_at")}
        own = event.get("session_id"), event["is_bot"]
        if own not in told or min(times.values()) < min(told[own][name] for name in times):
            told[own] = times | {"session_id": own[0], "is_bot": own[1]}

    def told_again(self, event: Event) -> Event:
        """The event with all its copies, if it is an exposure."""
        told = self._exposures.get((event["store_id"], event["event_id"]))
        return event | {"tellings": [*told.values()]} if told and is_exposure(event) else event

    def has_room_for(self, record: IngestRecord) -> bool:
        """Whether a record may be held in addition to the events, to replace one later."""
        if record.event is None or not self.scope.has(record.event["store_id"]):
            return False
        self._held += 1
        return self._held <= self.scope.most_events

    def put_instead(self, stream: str, records: Mapping[tuple[str, str], IngestRecord]) -> None:
        """Replace some of the stream's events by other copies, by store and event id; none is a
        click."""
        for place, event in enumerate(self.events):
            if event["stream"] == stream:
                record = records.get((event["store_id"], event["event_id"]))
                if record is not None and record.event is not None:
                    self.events[place] = self._fresh_event(stream, record.event)

    def _fresh_event(self, stream: str, event: Event) -> _FreshEvent:
        """The part of an event that is held."""
        received, store = _milliseconds(event["received_at"]), event["store_id"]
        self.first_at[store] = min(received, self.first_at.get(store, received))
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
        return kept

    def stores_before(self, moments: Mapping[str, datetime]) -> set[str]:
        """The stores that had an event before their moment."""
        return {
            store
            for store, at in moments.items()
            if store in self.first_at and self.first_at[store] < _milliseconds(at)
        }


@dataclass(frozen=True)
class ToldStores:
    """Stores' settings of days and pages.

    `changed`: stores that changed settings of their pages when they had events. `ambiguous`:
    (stream, store) for which it is unknown which copies of some events were applied.
    """

    zones: Zones = field(default_factory=dict)
    sites: Sites = field(default_factory=dict)
    phases: Phases = field(default_factory=dict)
    changed: Collection[str] = ()
    ambiguous: Collection[tuple[str, str]] = ()

    def comparable(self, table: str, rows: Rows) -> Rows:
        """Rows without those of stores that cannot be recounted."""
        streams = feeding_streams()[table]
        left_out = {store for stream, store in self.ambiguous if stream in streams}
        if table in OF_PAGES:
            left_out |= {*self.changed}
        if not left_out:
            return rows
        return {key: values for key, values in rows.items() if key[0] not in left_out}


def findings(
    fresh: FreshEvents, stored: Tables, stores: ToldStores, left_out: Collection[str]
) -> list[str]:
    """Differences between the tables and the model, except tables fed by the streams `left_out`."""
    told_events = [fresh.told_again(e) for e in fresh.events if e["stream"] not in left_out]
    events = with_texts(told_events, stores.sites)
    tables = sorted(tables_without(left_out))
    wanted = expected(events, fresh.arrived_at, stores.zones, stores.sites, stores.phases)
    found, told = (
        {table: stores.comparable(table, side[table]) for table in tables}
        for side in (stored, wanted)
    )
    return comparison.differences(told, found, tables, SHOWN).lines


def _milliseconds(at: datetime | int) -> int:
    return at if isinstance(at, int) else (at - _EPOCH) // _MILLISECOND
