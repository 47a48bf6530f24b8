"""Finds differences in a snapshot. Pure; each finding is one line with both numbers.

accepted = applied + duplicate + dead      per stream, store and hour
offsets in the ledger = accepted           per stream
applied = rows = count of each rollup      per stream and store
sessions of a rollup = the sessions        per funnel step, per landing page and hour
page views, visitors = those of the rows   per store and day
views of scroll reach = the views          per page, hour, device and reach
dead = dead letters + replays that died    per stream, with those that retention has removed
committed = ledger's end, no record after  per partition, once nothing is in flight
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from storepulse.exactness.partitions import AuditedPartition
from storepulse.exactness.snapshot import Snapshot
from storepulse.streams.registry import STREAMS

#: Clients may report events up to 30 days late.
OLDEST_EVENT = timedelta(days=30)


def partition_findings(partitions: Sequence[AuditedPartition]) -> Iterator[str]:
    """The ledger must have one unbroken range, from Kafka's beginning up to at most its end."""
    for p in partitions:
        where = f"{p.topic}[{p.partition}]"
        if not p.ranges:
            continue
        if len(p.ranges) > 1:
            holes = ", ".join(
                f"{upper}-{lower - 1}"
                for (_, upper), (lower, _) in zip(p.ranges, p.ranges[1:], strict=False)
            )
            yield f"{where}: offsets {holes} are missing from the ledger"
        elif p.ranges[0][0] > p.beginning:
            yield f"{where}: offsets {p.beginning}-{p.ranges[0][0] - 1} are missing from the ledger"
        if p.ledger_end > p.log_end:
            yield f"{where}: the ledger is at {p.ledger_end}, beyond Kafka's end {p.log_end}"
        if p.committed is not None and p.committed > p.ledger_end:
            yield f"{where}: committed {p.committed}, beyond the ledger's end {p.ledger_end}"


def count_findings(snapshot: Snapshot) -> Iterator[str]:
    """The ledger must agree with itself and with the dead letters."""
    accepted: Counter[str] = Counter()
    dead: Counter[str] = Counter()
    for c in snapshot.counts:
        accepted[c.stream] += c.accepted
        dead[c.stream] += c.dead
        if c.accepted != c.applied + c.duplicate + c.dead:
            yield (
                f"{c.stream} {c.store_id} {c.hour:%Y-%m-%d %H}h: accepted {c.accepted}, but"
                f" applied {c.applied} + duplicate {c.duplicate} + dead {c.dead}"
            )
    for stream in sorted(accepted.keys() | snapshot.offsets.keys()):
        if accepted[stream] != snapshot.offsets[stream]:
            yield (
                f"{stream}: the ledger holds {snapshot.offsets[stream]} offsets and counts"
                f" {accepted[stream]} as accepted"
            )
    for stream in sorted(dead.keys() | snapshot.dead_letters.keys()):
        letters, _, removed = snapshot.dead_letters.get(stream, (0, 0, 0))
        if letters != dead[stream]:
            addition = f", {removed} of them removed since" if removed else ""
            yield (
                f"{stream}: {dead[stream]} counted as dead, {letters} dead letters stored{addition}"
            )


def shortened_streams(snapshot: Snapshot, now: datetime) -> list[str]:
    """Streams whose rows retention may have removed; their tables are not compared.

    Dead records are ignored: they have no rows, and their producer may have written any time.
    """
    oldest: dict[str, datetime] = {}
    for c in snapshot.counts:
        if c.applied:
            oldest[c.stream] = min(c.hour, oldest.get(c.stream, c.hour))
    kept_for = {
        name: snapshot.keep.get(stream.counts.shortest_kept) for name, stream in STREAMS.items()
    }
    return [
        stream
        for stream, keep in kept_for.items()
        if keep and stream in oldest and now - oldest[stream] > keep - OLDEST_EVENT
    ]


def stored_findings(snapshot: Snapshot, shortened: Collection[str]) -> Iterator[str]:
    """Rows and rollups must contain each applied event once, by store; except `shortened`
    streams."""
    applied: dict[str, Counter[str]] = {stream: Counter() for stream in STREAMS}
    for c in snapshot.counts:
        if c.stream in applied:
            applied[c.stream][c.store_id] += c.applied
    for stream, record in STREAMS.items():
        if stream in shortened:
            continue
        for name in record.counts.events:
            stored = snapshot.stored[name]
            for store in sorted(applied[stream].keys() | stored.keys()):
                if applied[stream][store] != stored.get(store, 0):
                    yield (
                        f"{stream} {store}: {applied[stream][store]} applied,"
                        f" {stored.get(store, 0)} in {name}"
                    )


def session_findings(snapshot: Snapshot) -> Iterator[str]:
    """Figures derived from sessions, orders and views must match them."""
    for name, store, where, sessions, counted in snapshot.sessions:
        yield f"{store} {where}: {counted} in {name} instead of {sessions}"


def row_findings(snapshot: Snapshot, shortened: Collection[str]) -> Iterator[str]:
    """Tables must match the rows of events. Compared only if no stream is shortened, because a
    table may combine several streams."""
    if not shortened:
        for name, store, where, told, counted in snapshot.of_rows:
            yield f"{store} {where}: {told} by the rows of events, {counted} in {name}"


# ---- notes: no faults ---------------------------------------------------------------------------


def retention_notes(shortened: Collection[str]) -> Iterator[str]:
    """Streams whose tables are not compared."""
    for stream in shortened:
        yield f"{stream}: retention may have removed rows, tables are not compared"


def commit_notes(partitions: Sequence[AuditedPartition]) -> Iterator[str]:
    """Commits that lag behind the ledger."""
    for p in partitions:
        if p.in_flight == 0 and (p.committed or 0) != p.ledger_end:
            yield (
                f"{p.topic}[{p.partition}]: the group has committed {p.committed}, the ledger is"
                f" at {p.ledger_end}"
            )


def transaction_notes(partitions: Sequence[AuditedPartition]) -> Iterator[str]:
    """Offsets after open transactions."""
    for p in partitions:
        if p.log_end > p.end:
            yield (
                f"{p.topic}[{p.partition}]: {p.log_end - p.end} offsets wait for a transaction that"
                " some producer has neither committed nor aborted"
            )
