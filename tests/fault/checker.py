"""The judge: recomputes everything from the ids and says what differs, one line a difference.

Pure: evidence in, lines out; it shares no code with the agents. What it holds the product to:

1. Each accepted id is in exactly one of applied, open dead letter, erased; a refused id is
   nowhere; nothing is stored that was never sent. Each 2xx has its own record in Kafka.
2. The ledger of each partition is one range from 0 to the end, and the committed offset is the end.
3. Every table equals its recomputation from the ingest topics; so do the ledger's counts.
4. events.* has every applied event with the accepted bytes, dlq.* every dead letter; a repeat
   needs a crash as its reason.
5. What the observers saw while it ran, and how long it took to come to rest, is in bounds.
6. Each derived event is of a step that is there, under the id of that step; all are told.
7. A plan's limit that refused events is told, once.
8. Each variant of an experiment has the visitors who were exposed to it, and no other figures.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.fault.derived import check_derived, derived_keys
from tests.fault.evidence import POISON, Evidence, Record, decode
from tests.fault.experiments import check_units, tellings_of
from tests.fault.makers import STREAMS
from tests.fault.outcomes import Key
from tests.fault.plans import REACHED_METER, check_limits

from storepulse.exactness.model import comparison
from storepulse.exactness.model.tables import expected

NIL_STORE = "00000000-0000-0000-0000-000000000000"
DRAIN_SECONDS = 60.0
#: Kinds of poison whose record decodes, so that its own store is known.
STORABLE_POISON = "refused by the database"
SHOWN = 6
#: Of the product's own work.
OWN_METERS = frozenset(("api_call", "event", "storage_bytes", "order", REACHED_METER))


class Recomputed:
    """What must be: the first event of each id in the ingest topics, by the partitions' order."""

    def __init__(self, evidence: Evidence) -> None:
        self.fresh: dict[Key, tuple[dict[str, Any], Record]] = {}
        self.copies: Counter[Key] = Counter()
        self.unexpected: list[str] = []
        self.dead: dict[tuple[str, int, int], Record] = {}
        self.decoded: list[tuple[Key, dict[str, Any]]] = []
        #: Usage events of the product's own work, which no client sent.
        self.own_work: set[Key] = set()
        counts: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
        for stream in STREAMS:
            for record in evidence.ingest[stream]:
                self._take(stream, record, counts)
        self.counts = {
            key: (c["applied"] + c["duplicate"] + c["dead"], c["applied"], c["duplicate"],
                  c["conflict"], c["dead"])
            for key, c in counts.items()
        }  # fmt: skip

    def _take(
        self, stream: str, record: Record, counts: dict[tuple[Any, ...], Counter[str]]
    ) -> None:
        where = f"ingest.{stream}.v1[{record.partition}]@{record.offset}"
        if POISON in record.headers:
            self.dead[f"ingest.{stream}.v1", record.partition, record.offset] = record
            store = NIL_STORE
            if record.headers[POISON].decode() == STORABLE_POISON and record.value is not None:
                store = decode(stream, record.value)["store_id"]
            counts[stream, store, _hour(record.timestamp)]["dead"] += 1
            return
        try:
            event = decode(stream, record.value or b"")
        except Exception as error:  # noqa: BLE001 - fastavro raises whatever a bad byte leads to
            self.unexpected.append(f"{where}: the gateway wrote what does not decode: {error!r}")
            return
        key = (event["store_id"], event["event_id"])
        self.copies[key] += 1
        if stream == "usage" and event["meter"] in OWN_METERS:
            self.own_work.add(key)
        self.decoded.append((key, event))
        count = counts[stream, event["store_id"], _hour(event["received_at"])]
        if key not in self.fresh:
            self.fresh[key] = (event, record)
            count["applied"] += 1
            return
        count["duplicate"] += 1
        count["conflict"] += event["content_crc"] != self.fresh[key][0]["content_crc"]


def check(evidence: Evidence) -> list[str]:
    """Every difference; an empty list means that all is exact."""
    must = Recomputed(evidence)
    lines: list[str] = list(must.unexpected)
    parts = (_promises, _fidelity, _offsets, _ledger_counts, _tables, _published, _letters, _meters)
    for part in parts:
        lines += part(evidence, must)
    lines += check_derived(evidence, must.fresh)
    lines += check_limits(must.fresh, evidence.limited)
    lines += evidence.observed
    if evidence.drained_in is None or evidence.drained_in > DRAIN_SECONDS:
        lines.append(f"lag: not zero within {DRAIN_SECONDS:.0f} s of healing")
    return _first_of_each_kind(lines)


def _first_of_each_kind(lines: list[str]) -> list[str]:
    """At most `SHOWN` lines that begin alike, up to the colon, and how many more there are."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        kinds[line.partition(":")[0]].append(line)
    shown: list[str] = []
    for kind, same in kinds.items():
        shown += same[:SHOWN]
        if len(same) > SHOWN:
            shown.append(f"{kind}: … {len(same) - SHOWN} further differences")
    return shown


def _promises(evidence: Evidence, must: Recomputed) -> Iterator[str]:
    """Each id where it must be, and nowhere else."""
    letters = Counter(
        (letter.store_id, letter.event_id)
        for letter in evidence.letters
        if letter.status == "open" and letter.store_id and letter.event_id
    )
    for key, fate in evidence.fates.items():
        copies = must.copies[key]
        places = (key in evidence.ids) + letters[key] + (key in evidence.erased)
        name = f"{fate.stream} {key[1]} ({fate.letter})"
        if fate.letter == "R":
            if copies or places:
                yield f"refused: {name} is stored"
            if fate.good:
                yield f"refused: {name} was a good beacon"
            continue
        if not fate.good and fate.letter == "A":
            yield f"accepted: {name} should have been refused"
        if copies < fate.acknowledged or (copies > fate.sends and not fate.spooled):
            yield (
                f"accepted: {name} has {copies} records for {fate.acknowledged} acknowledged"
                f" of {fate.sends} requests"
            )
        if copies and places != 1:
            yield f"lost or doubled: {name} is in {places} places instead of one"
        if not copies and places:
            yield f"unknown: {name} is stored but not in the ingest topic"
    known = evidence.fates.keys() | must.own_work | derived_keys(must.fresh)
    for key in (evidence.ids | must.copies.keys()) - known:
        yield f"unknown: {key[1]} was never sent"
    for letter in evidence.letters:
        key_known = (letter.store_id, letter.event_id) in evidence.fates
        if not key_known and (letter.topic, letter.partition, letter.offset) not in must.dead:
            yield f"unknown: dead letter {letter.topic}[{letter.partition}]@{letter.offset}"


def _fidelity(evidence: Evidence, must: Recomputed) -> Iterator[str]:
    """Each record says what some request with its id said."""
    for key, event in must.decoded:
        fate = evidence.fates.get(key)
        if fate is not None and not any(_says(event, v) for v in fate.variants):
            yield f"content: {event['stream']} {key[1]} is not what was sent"


def _says(event: dict[str, Any], fields: dict[str, Any]) -> bool:
    for name, sent in fields.items():
        stored = event[name]
        if isinstance(stored, Decimal) and sent is not None:
            sent = Decimal(sent)  # noqa: PLW2901 - money compares as a number
        if stored != sent:
            return False
    return True


def _offsets(evidence: Evidence, _must: Recomputed) -> Iterator[str]:
    for gap in evidence.gaps:
        # Nothing here compacts, expires or aborts: every offset had its record.
        yield f"gap: the agents took {gap} for offsets without records"
    for (topic, partition), end in evidence.ends.items():
        if not topic.startswith("ingest."):
            continue
        place = (topic, partition)
        ledger = evidence.ledger.get(place, [])
        if ledger != ([(0, end)] if end else []):
            yield f"ledger: {topic}[{partition}] has {ledger} instead of 0 to {end}"
        if end and evidence.committed.get(place, 0) != end:
            yield f"committed: {topic}[{partition}] is {evidence.committed.get(place)}, end {end}"


def _ledger_counts(evidence: Evidence, must: Recomputed) -> Iterator[str]:
    for key in sorted(must.counts.keys() | evidence.counts.keys(), key=repr):
        wanted, found = must.counts.get(key), evidence.counts.get(key)
        if wanted != found:
            yield f"ledger counts: {key} {found} instead of {wanted}"


def _tables(evidence: Evidence, must: Recomputed) -> Iterator[str]:
    dead = {(letter.store_id, letter.event_id) for letter in evidence.letters if letter.event_id}
    applied = [each for key, each in must.fresh.items() if key not in dead | evidence.erased]
    events = [event for event, _ in applied]
    yield from check_units(evidence.tables, events)
    told = tellings_of(must.decoded)
    events = [
        event | {"tellings": told[key]} if (key := (event["store_id"], event["event_id"])) in told
        else event
        for event in events
    ]  # fmt: skip
    wanted = expected(events, _arrivals(applied), phases=evidence.phases)
    for name in comparison.QUERIES:
        rows = wanted[name].keys() | evidence.tables[name].keys()
        for key in sorted(rows, key=repr):
            must_be, found = wanted[name].get(key), evidence.tables[name].get(key)
            if must_be != found:
                yield f"table {name}: {key} {found} instead of {must_be}"


def _arrivals(applied: list[tuple[dict[str, Any], Record]]) -> dict[str, int]:
    """The latest time of receipt of a partition's clicks up to each, by event id."""
    newest: Counter[int] = Counter()
    arrived: dict[str, int] = {}
    for event, record in applied:
        if event["stream"] == "heatmap" and event["kind"] == "click":
            newest[record.partition] = max(newest[record.partition], event["received_at"])
            arrived[event["event_id"]] = newest[record.partition]
    return arrived


def _published(evidence: Evidence, must: Recomputed) -> Iterator[str]:
    """events.*: every applied event, with the bytes that were accepted; no other."""
    for stream in STREAMS:
        published: dict[str, list[Record]] = defaultdict(list)
        for record in evidence.events[stream]:
            published[record.headers.get("event_id", b"").decode()].append(record)
        fresh = {
            key: record for key, (event, record) in must.fresh.items() if event["stream"] == stream
        }
        applied = {event_id: record for (store, event_id), record in fresh.items()
                   if (store, event_id) in evidence.ids}  # fmt: skip
        for event_id, record in applied.items():
            copies = published.get(event_id, [])
            if not copies:
                yield f"events: {stream} {event_id} was applied and not published"
            if any((c.key, c.value) != (record.key, record.value) for c in copies):
                yield f"events: {stream} {event_id} has other bytes than were accepted"
            if len(copies) > 1 and not evidence.repeats_explained:
                yield f"events: {stream} {event_id} is there {len(copies)} times without a crash"
        for event_id in published.keys() - applied.keys():
            yield f"events: {stream} {event_id or 'without an id'} was not applied"


def _letters(evidence: Evidence, must: Recomputed) -> Iterator[str]:
    """Every record that cannot be applied is a letter, in PostgreSQL and in Kafka, whole."""
    letters = {(x.topic, x.partition, x.offset): x for x in evidence.letters}
    in_kafka: set[tuple[str, int, int]] = set()
    repeats: Counter[tuple[str, int, int]] = Counter()
    for stream in STREAMS:
        for record in evidence.dlq[stream]:
            offset = int(record.headers["__dlq.errors.offset"])
            partition = int(record.headers["__dlq.errors.partition"])
            where = (f"ingest.{stream}.v1", partition, offset)
            in_kafka.add(where)
            repeats[where] += 1
            origin = must.dead.get(where)
            if origin is not None and record.value != origin.value:
                yield f"dead letter: {where} has other bytes in dlq.{stream}"
    for where, origin in must.dead.items():
        letter = letters.get(where)
        if letter is None:
            yield f"dead letter: {where} is missing"
        elif letter.value != origin.value or letter.status != "open":
            yield f"dead letter: {where} is {letter.status}, or its bytes differ"
        if where not in in_kafka:
            yield f"dead letter: {where} is not in its topic"
        if repeats[where] > 1 and not evidence.repeats_explained:
            yield f"dead letter: {where} is in its topic {repeats[where]} times without a crash"
    for where in letters.keys() - must.dead.keys():
        yield f"dead letter: {where} is a good record: {letters[where].event_id}"


def _meters(evidence: Evidence, must: Recomputed) -> Iterator[str]:
    """Own work is metered to the unit; requests of a gateway that was killed may be missing."""
    if not evidence.is_metered:
        return
    wanted: Counter[tuple[str, str]] = Counter()
    for key, (event, record) in must.fresh.items():
        if event["stream"] != "usage" and key in evidence.ids:
            wanted[key[0], "event"] += 1
            wanted[key[0], "storage_bytes"] += len(record.value or b"")
    found: Counter[tuple[str, str]] = Counter()
    for (store, _, meter), (_, total, *_rest) in evidence.tables["usage_current"].items():
        if meter in ("event", "storage_bytes"):
            found[store, meter] += int(total)
    for store, meter in sorted(wanted.keys() | found.keys()):
        if wanted[store, meter] != found[store, meter]:
            yield (
                f"meter {meter}: {store} has {found[store, meter]}"
                f" instead of {wanted[store, meter]}"
            )


def _hour(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 3_600_000 * 3_600, tz=UTC)


def told(lines: Iterable[str]) -> str:
    """The differences, or that there are none."""
    return "\n".join(lines) or "exact"
