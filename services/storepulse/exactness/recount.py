"""Ledger and tables once more, from the raw bytes in Kafka, record by record.

Shares no code with the agents: `ingest_records` decodes with fastavro, a dictionary is the dedupe
window. Which of two copies in different partitions was first is the agents' choice; where such
copies count under different hours, totals are compared instead, and tables only where the copies
tell the same. `recounted_tables` holds the tables against the plain model of every figure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from storepulse.adapters.settings import Settings
from storepulse.exactness.audit import COUNTS, Audit
from storepulse.exactness.findings import shortened_streams
from storepulse.exactness.ingest_records import IngestRecord, UnreadableOffset, read_records
from storepulse.exactness.recounted_tables import FreshEvents, ToldStores, findings

NIL_STORE = "00000000-0000-0000-0000-000000000000"
_LATEST_MS = 253_402_300_799_000  # 9999-12-31

Cell = tuple[str, str, datetime]


@dataclass
class Recount:
    """Counts by (stream, store, hour); `undecided` streams only as totals by store."""

    cells: dict[Cell, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    undecided: set[str] = field(default_factory=set)
    #: The first copy of each event; None: tables are not compared.
    fresh: FreshEvents | None = None
    #: Streams of which the tables hold whichever of two different copies came first.
    ambiguous: set[str] = field(default_factory=set)
    #: Streams whose first records Kafka has removed, or of whose dead letters some are gone.
    skipped: set[str] = field(default_factory=set)
    findings: list[str] = field(default_factory=list)


def recount(
    settings: Settings, audit: Audit, progress: Callable[[int], None] = lambda _: None
) -> list[str]:
    """Reads the ingest topics and returns what the ledger counts otherwise.

    Streams that cannot be recounted are named in the audit's notes. Raises Transient.
    """
    snapshot = audit.snapshot
    result = Recount()
    if snapshot.scope is not None and snapshot.tables is not None:
        result.fresh = FreshEvents(snapshot.scope)
    elif snapshot.scope is not None:
        applied = snapshot.count_applied(snapshot.scope)
        audit.notes.append(
            f"{applied} events, more than {snapshot.scope.most_events}: the ledger is"
            " recounted, tables are not; see --store and --most-events"
        )
    for stream in sorted({p.stream for p in audit.partitions}):
        partitions = [p for p in audit.partitions if p.stream == stream]
        if any(p.beginning > 0 for p in partitions):
            audit.notes.append(f"{stream}: Kafka has removed records, nothing to recount from")
            result.skipped.add(stream)
            continue
        if snapshot.dead_letters.get(stream, (0, 0, 0))[2]:
            audit.notes.append(f"{stream}: dead letters have been removed, nothing to recount by")
            result.skipped.add(stream)
            continue
        dead = {
            (p.partition, offset)
            for p in partitions
            for topic_id, partition, offset in snapshot.dead_offsets
            if (topic_id, partition) == (p.topic_id, p.partition)
        }
        records = read_records(settings, stream, partitions, progress)
        try:
            count_stream(result, stream, records, dead)
        except UnreadableOffset as error:
            audit.notes.append(f"{stream}: {error}, nothing to recount from")
            result.skipped.add(stream)
    return [*result.findings, *compare(result, audit), *_compare_tables(result, audit)]


def count_stream(
    result: Recount, stream: str, records: Iterator[IngestRecord], dead: set[tuple[int, int]]
) -> None:
    """Adds one stream. `dead`: partition and offset of each record that the agents set aside."""
    first: dict[tuple[str, str], tuple[int, int, int, datetime]] = {}
    for record in records:
        position = (record.partition, record.offset)
        if record.event is None or position in dead:
            if position not in dead:
                result.findings.append(
                    f"{stream}[{record.partition}]@{record.offset}: undecodable, no dead letter"
                )
            store = NIL_STORE if record.event is None else record.event["store_id"]
            _add(result, stream, store, _hour(record.timestamp), "dead")
            continue
        event = record.event
        hour = _hour(event["received_at"])
        key = (event["store_id"], event["event_id"])
        if key not in first:
            first[key] = (*position, event["content_crc"], hour)
            _add(result, stream, key[0], hour, "applied")
            if result.fresh is not None:
                result.fresh.add(stream, record)
            continue
        partition, _, crc, first_hour = first[key]
        if partition != record.partition:
            # The key is the session: another partition means another session.
            result.ambiguous.add(stream)
            if hour != first_hour or crc != event["content_crc"]:
                result.undecided.add(stream)
        _add(result, stream, key[0], hour, "duplicate")
        if crc != event["content_crc"]:
            _add(result, stream, key[0], hour, "conflict", accepted=0)


def compare(result: Recount, audit: Audit) -> Iterator[str]:
    """What the ledger counts otherwise than the recount."""
    ledger: dict[Cell, Counter[str]] = defaultdict(Counter)
    for c in audit.snapshot.counts:
        counts = {name: getattr(c, name) for name in COUNTS}
        ledger[c.stream, c.store_id, c.hour.astimezone(UTC)].update(counts)
    left, right = _comparable(ledger, result), _comparable(result.cells, result)
    for cell in sorted(left.keys() | right.keys()):
        for name in COUNTS:
            if cell[0] in result.undecided and name == "conflict":
                continue
            if left[cell][name] != right[cell][name]:
                stream, store, when = cell
                yield (
                    f"{stream} {store} {when or 'in total'}: {name} {left[cell][name]} in the"
                    f" ledger, {right[cell][name]} recounted"
                )


def _compare_tables(result: Recount, audit: Audit) -> list[str]:
    """What the tables hold otherwise than the model; notes say which were not compared."""
    snapshot = audit.snapshot
    if result.fresh is None or snapshot.tables is None:
        return []
    shortened = {*shortened_streams(snapshot, datetime.now(UTC))}
    audit.notes.extend(
        f"{stream}: copies of an event lie in several partitions, and which was first is not"
        " known: its tables are not recounted"
        for stream in sorted(result.ambiguous)
    )
    changed = result.fresh.stores_before(snapshot.changed_sites)
    audit.notes.extend(
        f"{store}: its domain or its patterns of pages were set after its first events: its pages"
        " and sources are not recounted"
        for store in sorted(changed)
    )
    left_out = result.skipped | shortened | result.ambiguous
    stores = ToldStores(snapshot.zones, snapshot.sites, changed)
    return findings(result.fresh, snapshot.tables, stores, left_out)


def _comparable(
    cells: dict[Cell, Counter[str]], result: Recount
) -> dict[tuple[str, str, str], Counter[str]]:
    """By hour, but by store alone where hours are undecided; without what cannot be recounted."""
    comparable: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for (stream, store, hour), counts in cells.items():
        if stream not in result.skipped:
            when = "" if stream in result.undecided else f"{hour:%Y-%m-%d %H}h"
            comparable[stream, store, when] += counts
    return comparable


def _add(
    result: Recount, stream: str, store: str, hour: datetime, name: str, accepted: int = 1
) -> None:
    result.cells[stream, store, hour].update({name: 1, "accepted": accepted})


def _hour(time: int | datetime) -> datetime:
    # Producers write the broker's times: any 64-bit number may come.
    moment = (
        time
        if isinstance(time, datetime)
        else datetime.fromtimestamp(min(max(time, 0), _LATEST_MS) / 1000, UTC)
    )
    return moment.replace(minute=0, second=0, microsecond=0)
