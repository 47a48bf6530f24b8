"""Users of bots: the same tables whatever the order, the slices and the repetitions of events."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid5

import pytest
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import NOW_MS, STORE, Record, event_id, record
from tests.support.table_comparison import compare_tables

from storepulse.agents.preparation import prepare
from storepulse.contracts.schemas import schema_of
from storepulse.streams.bot.beacon import INPUT

_STORES = UUID("77aa11c0-0000-4000-8000-000000000000")
_OWN = ("persona", "story", "text", "image_url", "metadata", "name", "customer_id", "email_hash")
MINUTE = 60_000


def chats(rng: random.Random, store: str, count: int) -> list[dict[str, Any]]:
    """Events of a few chats, many at one moment, around a midnight of UTC."""
    return [
        {
            "stream": "bot", "store_id": store, "event_id": str(uuid5(UUID(store), str(number))),
            "session_id": "chat", "visitor_id": None, "is_bot": rng.random() < 0.1,
            "occurred_at": NOW_MS - 6 * 60 * MINUTE + rng.randrange(-3, 4) * MINUTE,
            "client_id": rng.choice(("1", "-1", "9223372036854775807")),
            "event_type": rng.choice(INPUT.types), **dict.fromkeys(_OWN),
            "persona": rng.choice((None, "Stylist", "Muse")),
            "story": rng.choice((None, "autumn", "spring")),
        }
        for number in range(count)
    ]  # fmt: skip


def record_of(event: dict[str, Any]) -> Record:
    return record("bot", 0, **{name: event[name] for name in event if name != "stream"})


@pytest.mark.parametrize("slices", [1, 3, 40])
def test_any_order_repetition_and_slicing_ends_in_the_same_tables(
    bench: Bench, slices: int
) -> None:
    rng = random.Random(slices)
    events = chats(rng, str(uuid5(_STORES, "a")), 40)
    told = [*events, *rng.sample(events, 12)]
    rng.shuffle(told)
    size = -(-len(told) // slices)
    for start in range(0, len(told), size):
        bench.write("bot", [record_of(e) for e in told[start : start + size]], start)
    with bench.world.connect() as connection:
        assert not (found := compare_tables(connection, events)), str(found)


def test_two_workers_at_once_end_in_the_same_tables(bench: Bench) -> None:
    """Both hold events of the same chats, as after a change of partitions."""
    rng = random.Random(5)
    events = chats(rng, str(uuid5(_STORES, "b")), 400)
    halves = events[:200], events[200:]
    writers = bench.writer("bot"), bench.another_writer("bot")

    def write(worker: int) -> None:
        for start in range(0, 200, 20):
            piece = bench.slice(
                [record_of(e) for e in halves[worker][start : start + 20]], start, worker
            )
            prepared = prepare(piece, schema_of("bot"))
            writers[worker].write(prepared, bench.source(worker), bench.broker)

    try:
        with ThreadPoolExecutor(2) as threads:
            assert list(threads.map(write, (0, 1))) == [None, None]
    finally:
        writers[1].close()
    with bench.world.connect() as connection:
        assert not (found := compare_tables(connection, events)), str(found)


def test_what_was_chosen_last_is_told_by_time_then_id(bench: Bench) -> None:
    def chosen(number: int, at: int, persona: str | None) -> Record:
        return record("bot", number, occurred_at=at, persona=persona, event_type="user_message")

    greatest = max(range(1, 6), key=event_id)
    others = [number for number in range(1, 6) if number != greatest]
    bench.write("bot", [chosen(greatest, NOW_MS, "last")], 0)
    bench.write("bot", [chosen(number, NOW_MS, "another") for number in others], 1)
    bench.write("bot", [chosen(7, NOW_MS - 1, "late"), chosen(8, NOW_MS + 1, None)], 5)
    assert bench.rows("SELECT persona, events, user_messages, story FROM bot_users") == [
        ("last", 7, 7, "")
    ]


def test_an_image_in_the_event_is_no_part_of_its_row(bench: Bench) -> None:
    inline = "data:image/gif;base64," + "A" * 40_000
    bench.write("bot", [record("bot", 1, event_type="image_generated", image_url=inline)])
    assert bench.rows(
        "SELECT image_url, is_image_inline FROM tg_analytics_events WHERE store_id = %s", STORE
    ) == [(None, True)]
