"""Recounts the ledger and the tables from the raw bytes in Kafka, record by record.

Shares no code with the agents: `ingest_records` decodes with fastavro, `record_counts` counts, and
`recounted_tables` compares the tables with the plain model of every figure. What cannot be compared
is reported: streams with missing records or dead letters, and tables of single stores.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from storepulse.adapters.settings import Settings
from storepulse.exactness.applied_copies import read_witnesses
from storepulse.exactness.audit import COUNTS, Audit
from storepulse.exactness.findings import shortened_streams
from storepulse.exactness.ingest_records import UnreadableOffset, read_records
from storepulse.exactness.model.tables import feeding_streams
from storepulse.exactness.record_counts import Cell, Part, Recount, count_stream
from storepulse.exactness.recounted_tables import FreshEvents, ToldStores, findings
from storepulse.exactness.snapshot import TableScope

#: Most stores named in a line.
_SHOWN = 5


def recount(
    settings: Settings, audit: Audit, progress: Callable[[int], None] = lambda _: None
) -> list[str]:
    """Read the ingest topics and return the differences from the ledger.

    Parts that cannot be recounted are added to the audit's `not_compared`. Raises Transient.
    """
    snapshot = audit.snapshot
    result = Recount()
    if snapshot.scope is not None and snapshot.tables is not None:
        result.fresh = FreshEvents(snapshot.scope)
    elif snapshot.scope is not None:
        applied = snapshot.count_applied(snapshot.scope)
        audit.not_compared.append(
            f"{applied} events, more than {snapshot.scope.most_events}: the ledger is"
            " recounted, tables are not; see --store and --most-events"
        )
    for stream in sorted({p.stream for p in audit.partitions}):
        partitions = [p for p in audit.partitions if p.stream == stream]
        if any(p.beginning > 0 for p in partitions):
            audit.not_compared.append(
                f"{stream}: Kafka has removed records, nothing to recount from"
            )
            result.skipped.add(stream)
            continue
        if snapshot.dead_letters.get(stream, (0, 0, 0))[2]:
            audit.not_compared.append(
                f"{stream}: dead letters have been removed, nothing to recount by"
            )
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
            count_stream(result, stream, records, dead, partial(read_witnesses, settings, stream))
        except UnreadableOffset as error:
            audit.not_compared.append(f"{stream}: {error}, nothing to recount from")
            result.skipped.add(stream)
    audit.not_compared.extend(_undecided_counts(result, audit))
    return [*result.findings, *compare(result, audit), *_compare_tables(result, audit)]


def compare(result: Recount, audit: Audit) -> Iterator[str]:
    """Differences between the ledger and the recount."""
    ledger: dict[Cell, Counter[str]] = defaultdict(Counter)
    for c in audit.snapshot.counts:
        counts = {name: getattr(c, name) for name in COUNTS}
        ledger[c.stream, c.store_id, c.hour.astimezone(UTC)].update(counts)
    left, right = _comparable(ledger, result), _comparable(result.cells, result)
    for cell in sorted(left.keys() | right.keys()):
        for name in COUNTS:
            stream, store, when = cell
            if (stream, store) in result.undecided and name == "conflict":
                continue
            if left[cell][name] != right[cell][name]:
                yield (
                    f"{stream} {store} {when or 'in total'}: {name} {left[cell][name]} in the"
                    f" ledger, {right[cell][name]} recounted"
                )


def _undecided_counts(result: Recount, audit: Audit) -> Iterator[str]:
    """The stores whose counts are compared only in total."""
    for stream, stores in _by_stream(result.undecided, audit.snapshot.scope):
        yield (
            f"{stream}: copies of an event lie in several partitions, and which was first is not"
            f" known: counts by hour, and conflicts, of {_list_of(stores)}"
        )


def _ambiguous_tables(result: Recount, audit: Audit) -> Iterator[str]:
    """The stores whose tables are not compared."""
    for stream, stores in _by_stream(result.ambiguous, audit.snapshot.scope):
        events = sum(result.ambiguous[stream, store] for store in stores)
        yield (
            f"{stream}: copies lie in several partitions, and which was first is not known"
            f" ({events} events): tables that its events enter, of {_list_of(stores)}"
        )


def _by_stream(parts: Iterable[Part], scope: TableScope | None) -> Iterator[tuple[str, list[str]]]:
    """The stores of each stream that are in scope."""
    stores: dict[str, list[str]] = defaultdict(list)
    for stream, store in sorted(parts):
        if scope is None or scope.has(store):
            stores[stream].append(store)
    return iter(stores.items())


def _list_of(stores: Sequence[str]) -> str:
    """The ids of a few stores, and the number of others."""
    others = f" and {len(stores) - _SHOWN} other stores" if len(stores) > _SHOWN else ""
    return ", ".join(stores[:_SHOWN]) + others


def _compare_tables(result: Recount, audit: Audit) -> list[str]:
    """Differences between the tables and the model; omissions are added to `not_compared`."""
    snapshot = audit.snapshot
    if result.fresh is None or snapshot.tables is None:
        return []
    shortened = {*shortened_streams(snapshot, datetime.now(UTC))}
    modelled = frozenset[str]().union(*feeding_streams().values())
    audit.not_compared.extend(
        f"{stream}: the model has no tables of it"
        for stream in sorted({p.stream for p in audit.partitions} - modelled)
    )
    audit.not_compared.extend(_ambiguous_tables(result, audit))
    changed = result.fresh.stores_before(snapshot.changed_sites)
    audit.not_compared.extend(
        f"{store}: its domain or its patterns of pages were set after its first events: its pages"
        " and sources are not recounted"
        for store in sorted(changed)
    )
    stores = ToldStores(
        snapshot.zones, snapshot.sites, snapshot.phases, changed, result.ambiguous.keys()
    )
    return findings(result.fresh, snapshot.tables, stores, result.skipped | shortened)


def _comparable(
    cells: dict[Cell, Counter[str]], result: Recount
) -> dict[tuple[str, str, str], Counter[str]]:
    """Cells by hour, or by store only if hours are undecided; without skipped streams."""
    comparable: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for (stream, store, hour), counts in cells.items():
        if stream not in result.skipped:
            when = "" if (stream, store) in result.undecided else f"{hour:%Y-%m-%d %H}h"
            comparable[stream, store, when].update(counts)
    return comparable
