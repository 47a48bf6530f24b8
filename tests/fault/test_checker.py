"""The checker against small worlds made by hand: exact ones pass, each difference is named."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import fastavro
import pytest
from tests.fault.checker import NIL_STORE, check
from tests.fault.evidence import PARSED, POISON, Evidence, Letter, Record
from tests.fault.makers import STREAMS
from tests.fault.outcomes import Fate, Journal, Sent, read

from storepulse.exactness.model import comparison
from storepulse.exactness.model.tables import expected

STORE = "6f1f3c1e-8c9b-4d3a-9a52-3c1f6a1b2c3d"
IDS = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(6)]
AT = 1_795_240_800_000
HOUR = datetime(2026, 11, 21, 6, tzinfo=UTC)
TOPIC = "ingest.activity.v1"


def event(event_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "event_id": event_id, "store_id": STORE, "session_id": "s-1", "visitor_id": None,
        "correlation_id": "c", "occurred_at": AT, "content_crc": 1, "activity_type": "page_view",
        "page_url": "https://shop.example/", "received_at": AT, "source": "tracker",
        "priority": "normal", "consent_analytics": "unknown", "consent_marketing": "unknown",
        "is_bot": False, **fields,
    }  # fmt: skip


def value(content: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, PARSED["activity"], content)
    return struct.pack(">bI", 0, 1001) + out.getvalue()


def record(offset: int, content: dict[str, Any]) -> Record:
    return Record(0, offset, b"s-1", value(content), {}, AT)


def published(content: dict[str, Any], offset: int = 0) -> Record:
    headers = {"event_id": content["event_id"].encode()}
    return replace(record(offset, content), headers=headers)


def world() -> Evidence:
    """Three accepted events, one of them sent twice, one unanswered and gone, one refused; one
    record of poison."""
    first, second, third = (event(i) for i in IDS[:3])
    poison = Record(0, 4, None, b"bad", {POISON: b"not Avro"}, AT)
    headers = {"__dlq.errors.offset": b"4", "__dlq.errors.partition": b"0"}
    fates = {
        (STORE, i): Fate("activity", True, 1, 1, 0, [{"page_url": "https://shop.example/"}])
        for i in IDS[:3]
    }
    fates[STORE, IDS[0]].sends = fates[STORE, IDS[0]].acknowledged = 2
    fates[STORE, IDS[3]] = Fate("activity", True, 2, 0, 0, [{}])
    fates[STORE, IDS[4]] = Fate("activity", False, 1, 0, 1, [{}])
    nothing: dict[str, list[Record]] = {stream: [] for stream in STREAMS}
    tables = expected([e | {"stream": "activity"} | _absent() for e in
                                 (first, second, third)])  # fmt: skip
    return Evidence(
        fates=fates,
        ingest=nothing | {
            "activity": [record(0, first), record(1, second), record(2, first), record(3, third),
                         poison]},
        events=nothing | {"activity": [published(e, n) for n, e in
                                       enumerate((first, second, third))]},
        dlq=nothing | {"activity": [replace(poison, offset=0, headers=poison.headers | headers)]},
        ends={(TOPIC, 0): 5, (TOPIC, 1): 0},
        committed={(TOPIC, 0): 5},
        ledger={(TOPIC, 0): [(0, 5)]},
        ids={(STORE, i) for i in IDS[:3]},
        letters=[Letter(TOPIC, 0, 4, "open", b"bad", None, None)],
        counts={
            ("activity", STORE, HOUR): (4, 3, 1, 0, 0),
            ("activity", NIL_STORE, HOUR): (1, 0, 0, 0, 1),
        },
        tables={name: tables.get(name, {}) for name in comparison.QUERIES},
    )  # fmt: skip


def _absent() -> dict[str, Any]:
    names = ("referrer", "product_id", "product_name", "search_query", "quantity", "value",
             "currency")  # fmt: skip
    return dict.fromkeys(names)


def test_an_exact_world_passes() -> None:
    assert check(world()) == []


def lose(w: Evidence) -> None:
    w.ids.discard((STORE, IDS[1]))


def never_written(w: Evidence) -> None:
    w.fates[STORE, IDS[5]] = Fate("activity", True, 1, 1, 0, [{}])


def acknowledged_twice_written_once(w: Evidence) -> None:
    w.fates[STORE, IDS[1]].sends = w.fates[STORE, IDS[1]].acknowledged = 2


def written_twice_sent_once(w: Evidence) -> None:
    w.fates[STORE, IDS[0]].sends = w.fates[STORE, IDS[0]].acknowledged = 1


def refused_and_stored(w: Evidence) -> None:
    w.ids.add((STORE, IDS[4]))


def good_and_refused(w: Evidence) -> None:
    w.fates[STORE, IDS[4]].good = True


def bad_and_accepted(w: Evidence) -> None:
    w.fates[STORE, IDS[2]].good = False


def never_sent(w: Evidence) -> None:
    w.ids.add((STORE, IDS[5]))


def applied_and_dead(w: Evidence) -> None:
    w.letters.append(Letter(TOPIC, 0, 1, "open", value(event(IDS[1])), STORE, IDS[1]))


def erased_and_applied(w: Evidence) -> None:
    w.erased.add((STORE, IDS[1]))


def other_content(w: Evidence) -> None:
    w.fates[STORE, IDS[2]].variants = [{"page_url": "https://shop.example/other"}]


def hole_in_ledger(w: Evidence) -> None:
    w.ledger[TOPIC, 0] = [(0, 2), (3, 5)]


def short_ledger(w: Evidence) -> None:
    w.ledger[TOPIC, 0] = [(0, 4)]


def short_commit(w: Evidence) -> None:
    w.committed[TOPIC, 0] = 4


def noted_gap(w: Evidence) -> None:
    w.gaps.append("ingest.activity.v1[0] 2 to 3")


def wrong_counts(w: Evidence) -> None:
    w.counts["activity", STORE, HOUR] = (4, 4, 0, 0, 0)


def doubled_rollup(w: Evidence) -> None:
    ((key, numbers),) = w.tables["activity_hourly"].items()
    w.tables["activity_hourly"][key] = (numbers[0] + 1, *numbers[1:])


def missing_row(w: Evidence) -> None:
    w.tables["customer_activity"].popitem()


def row_too_many(w: Evidence) -> None:
    w.tables["heatmap_scroll"]["somewhere",] = (1,)


def unpublished(w: Evidence) -> None:
    w.events["activity"].pop()


def published_twice(w: Evidence) -> None:
    w.events["activity"].append(published(event(IDS[1]), 3))


def published_other_bytes(w: Evidence) -> None:
    w.events["activity"][1] = published(event(IDS[1], content_crc=2), 1)


def published_without_effect(w: Evidence) -> None:
    w.events["activity"].append(published(event(IDS[5]), 3))


def no_letter(w: Evidence) -> None:
    w.letters.clear()


def letter_with_other_bytes(w: Evidence) -> None:
    w.letters[0] = replace(w.letters[0], value=b"other")


def letter_not_in_kafka(w: Evidence) -> None:
    w.dlq["activity"].clear()


def undecodable(w: Evidence) -> None:
    w.ingest["activity"][1] = replace(w.ingest["activity"][1], value=b"\0\0\0\3\xe9")


def never_drained(w: Evidence) -> None:
    w.drained_in = None


def drained_late(w: Evidence) -> None:
    w.drained_in = 61.0


def observed(w: Evidence) -> None:
    w.observed.append("order: committed ahead")


@pytest.mark.parametrize(
    ("break_it", "named"),
    [
        (lose, "lost or doubled"), (never_written, "accepted"),
        (acknowledged_twice_written_once, "accepted"), (written_twice_sent_once, "accepted"),
        (refused_and_stored, "refused"), (good_and_refused, "refused"),
        (bad_and_accepted, "accepted"), (never_sent, "unknown"),
        (applied_and_dead, "lost or doubled"), (erased_and_applied, "lost or doubled"),
        (other_content, "content"), (hole_in_ledger, "ledger"), (short_ledger, "ledger"),
        (short_commit, "committed"), (noted_gap, "gap"), (wrong_counts, "ledger counts"),
        (doubled_rollup, "table activity_hourly"), (missing_row, "table customer_activity"),
        (row_too_many, "table heatmap_scroll"), (unpublished, "events"),
        (published_twice, "events"), (published_other_bytes, "events"),
        (published_without_effect, "events"), (no_letter, "dead letter"),
        (letter_with_other_bytes, "dead letter"), (letter_not_in_kafka, "dead letter"),
        (undecodable, "ingest.activity.v1[0]@1"), (never_drained, "lag"), (drained_late, "lag"),
        (observed, "order"),
    ],
)  # fmt: skip
def test_each_difference_is_named(break_it: Callable[[Evidence], None], named: str) -> None:
    broken = world()
    break_it(broken)
    assert any(line.startswith(named) for line in check(broken)), check(broken)


def test_a_crash_explains_a_repeat() -> None:
    after_a_crash = world()
    published_twice(after_a_crash)
    after_a_crash.repeats_explained = True
    assert check(after_a_crash) == []


def test_an_unanswered_event_may_have_arrived() -> None:
    arrived = world()
    arrived.fates[STORE, IDS[2]].acknowledged = 0
    assert check(arrived) == []


def test_a_spooled_event_may_have_arrived_more_than_once() -> None:
    sent_again = world()
    written_twice_sent_once(sent_again)
    sent_again.fates[STORE, IDS[0]].spooled = True
    assert check(sent_again) == []
    sent_again.fates[STORE, IDS[0]].acknowledged = sent_again.fates[STORE, IDS[0]].sends = 3
    assert any(line.startswith("accepted:") for line in check(sent_again))


def test_the_journal_gives_back_what_became_of_each_id(tmp_path: Any) -> None:
    journal = Journal(tmp_path / "journal")
    events = [Sent(STORE, i, "activity", True, {"n": n}) for n, i in enumerate(IDS[:3])]
    journal.settled(journal.leaves(events), "AUR")
    journal.settled(journal.leaves([replace(events[1], fields={"n": 9})]), "S")
    journal.leaves(events[2:])  # the client ends here
    journal.close()
    fates = read(journal.path)
    assert [fates[STORE, i].letter for i in IDS[:3]] == ["A", "A", "U"]
    assert [fates[STORE, i].spooled for i in IDS[:3]] == [False, True, True]
    assert fates[STORE, IDS[1]].variants == [{"n": 1}, {"n": 9}]
    assert (fates[STORE, IDS[2]].sends, fates[STORE, IDS[2]].refused) == (2, 1)
