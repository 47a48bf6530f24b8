"""Counts the records of the ingest topics, and finds the applied copy of each event.

A dictionary replaces the dedupe window. If an event has copies in different partitions, the agents
applied one of them; the rows of events show which, if there are rows. Otherwise the counts of that
stream and store are compared only in total, and its tables cannot be recounted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from storepulse.exactness.applied_copies import Copy, Key, Witnesses, applied_copy, witness_of
from storepulse.exactness.ingest_records import IngestRecord
from storepulse.exactness.recounted_tables import FreshEvents

NIL_STORE = "00000000-0000-0000-0000-000000000000"
_LATEST_MS = 253_402_300_799_000  # 9999-12-31

Cell = tuple[str, str, datetime]
#: Stream and store.
Part = tuple[str, str]


@dataclass
class Recount:
    """Counts by (stream, store, hour); for `undecided` parts only totals are valid."""

    cells: dict[Cell, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    undecided: set[Part] = field(default_factory=set)
    #: The applied copy of each event; None: tables are not compared.
    fresh: FreshEvents | None = None
    #: Parts whose tables contain one of several copies, unknown which, with the number of such
    #: events.
    ambiguous: Counter[Part] = field(default_factory=Counter)
    #: Streams whose first records Kafka has removed, or some of whose dead letters are gone.
    skipped: set[str] = field(default_factory=set)
    findings: list[str] = field(default_factory=list)

    def add(
        self, stream: str, store: str, hour: datetime, name: str, count: int = 1, accepted: int = 0
    ) -> None:
        """Add to a cell."""
        self.cells[stream, store, hour].update({name: count, "accepted": accepted})


@dataclass
class _Copies:
    """The copies of the events of one stream."""

    #: The first copy in the first partition that has one.
    first: dict[Key, Copy] = field(default_factory=dict)
    #: Number of copies by hour and checksum, for events that came more than once.
    repeated: dict[Key, Counter[tuple[datetime, int]]] = field(default_factory=dict)
    #: The first copy in each partition, for events in several partitions.
    scattered: dict[Key, dict[int, Copy]] = field(default_factory=dict)


def count_stream(
    result: Recount,
    stream: str,
    records: Iterator[IngestRecord],
    dead: set[tuple[int, int]],
    witnesses: Witnesses = lambda _: {},
) -> None:
    """Add one stream. `dead`: partition and offset of each record that the agents set aside."""
    copies, witness = _Copies(), witness_of(stream)
    for record in records:
        position = (record.partition, record.offset)
        if record.event is None or position in dead:
            if position not in dead:
                result.findings.append(
                    f"{stream}[{record.partition}]@{record.offset}: undecodable, no dead letter"
                )
            store = NIL_STORE if record.event is None else record.event["store_id"]
            result.add(stream, store, _hour(record.timestamp), "dead", accepted=1)
            continue
        event = record.event
        key = (event["store_id"], event["event_id"])
        hour, crc = _hour(event["received_at"]), event["content_crc"]
        copy = Copy(record.partition, witness(event), crc, hour)
        if key not in copies.first:
            copies.first[key] = copy
            result.add(stream, key[0], hour, "applied", accepted=1)
            if result.fresh is not None:
                result.fresh.add(stream, record)
            continue
        first = copies.first[key]
        repeated = copies.repeated.setdefault(key, Counter([(first.hour, first.crc)]))
        repeated[hour, crc] += 1
        result.add(stream, key[0], hour, "duplicate", accepted=1)
        if result.fresh is not None:
            result.fresh.add_repeated(stream, record)
        if crc != first.crc:
            result.add(stream, key[0], hour, "conflict")
        if record.partition != first.partition:
            scattered = copies.scattered.setdefault(key, {first.partition: first})
            if record.partition not in scattered:
                held = result.fresh is not None and result.fresh.has_room_for(record)
                scattered[record.partition] = replace(copy, record=record) if held else copy
    if copies.scattered:
        _settle(result, stream, copies, witnesses([*copies.scattered]))


def _settle(result: Recount, stream: str, copies: _Copies, told: Mapping[Key, int]) -> None:
    """Count the copies that rows of events identify as applied, in place of the first ones read.
    `told`: the rows' witnesses."""
    moved: dict[Key, IngestRecord] = {}
    for key, in_partitions in copies.scattered.items():
        store, event_id = key
        several, first = [*in_partitions.values()], copies.first[key]
        applied = applied_copy(several, told.get(key))
        if applied is None:
            if key in told and told[key] not in {copy.witness for copy in several}:
                result.findings.append(
                    f"{stream} {store} {event_id}: its row is of none of its copies"
                )
            result.ambiguous[stream, store] += 1
            if len({(copy.hour, copy.crc) for copy in several}) > 1:
                result.undecided.add((stream, store))
        elif applied is not first:
            _move(result, (stream, store), first, applied, copies.repeated[key])
            if applied.record is not None:
                moved[key] = applied.record
            else:
                result.ambiguous[stream, store] += 1
    if result.fresh is not None and moved:
        result.fresh.put_instead(stream, moved)


def _move(
    result: Recount,
    part: Part,
    first: Copy,
    applied: Copy,
    copies: Mapping[tuple[datetime, int], int],
) -> None:
    """Count `applied` in place of `first`; `copies`: all of the event, by hour and checksum."""
    for copy, by in ((first, -1), (applied, 1)):
        result.add(*part, copy.hour, "applied", by)
        result.add(*part, copy.hour, "duplicate", -by)
    for (hour, crc), count in copies.items():
        differs = (crc != applied.crc) - (crc != first.crc)
        result.add(*part, hour, "conflict", differs * count)


def _hour(time: int | datetime) -> datetime:
    # Timestamps come from producers and may be any 64-bit number.
    moment = (
        time
        if isinstance(time, datetime)
        else datetime.fromtimestamp(min(max(time, 0), _LATEST_MS) / 1000, UTC)
    )
    return moment.replace(minute=0, second=0, microsecond=0)
