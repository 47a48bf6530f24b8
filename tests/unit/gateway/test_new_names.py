"""New names are counted by key and hour; known ones never again; memory stays small."""

from __future__ import annotations

import gc
import json
import tracemalloc
from array import array
from typing import Any

import pytest

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.settings import Settings
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.domain.folding import EVENT_NAME, LANDING_PAGE, PAGE, SELECTOR
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.encoding.enveloper import Enveloper
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.names import new_name_limits
from storepulse.gateway.names.database_name_queries import hash_of_name
from storepulse.gateway.names.database_names import ANY, OF_STORE, DatabaseNames, NamesOfKind
from storepulse.gateway.names.new_name_limits import (
    HOUR_MS,
    RETRY_WHILE_UNREAD_SECONDS,
    STORES_WHILE_UNREAD,
    KeyNameLimits,
    NewNameLimit,
    NewNameLimits,
)
from storepulse.streams.beacon import Rules
from storepulse.streams.registry import STREAMS

NOW = 1_767_268_800_000
SMALL = Settings(
    new_pages_per_hour=2, new_selectors_per_hour=2, new_landing_pages_per_hour=2,
    new_stores_per_hour=2, new_event_names_per_hour=2,
)  # fmt: skip
STORE = "11111111-1111-4111-8111-111111111111"
OTHER_STORE = "22222222-2222-4222-8222-222222222222"
NOTHING = DatabaseNames()
UNREAD = DatabaseNames()
for unread in UNREAD.of_kind.values():
    unread.is_read = False


def new_names(cap: int, old: NamesOfKind | None = None, **more: int) -> NewNameLimit:
    return NewNameLimit(cap, NamesOfKind(is_read=True) if old is None else old, **more)


def admitted(names: NewNameLimit, *several: str, now: int = NOW, store: str = STORE) -> list[bool]:
    return [names.accept(name, store, now) for name in several]


def sorted_hashes(*names: str) -> array[int]:
    return array("Q", sorted(hash_of_name(name) for name in names))


def test_beyond_the_cap_a_name_is_not_admitted_before_the_next_hour() -> None:
    names = new_names(2)
    assert admitted(names, *"121324") == [True, True, True, False, True, False]
    assert admitted(names, *"3145", now=NOW + HOUR_MS) == [True, True, True, False]


def test_a_clock_that_is_set_back_begins_no_new_hour() -> None:
    names = new_names(1)
    assert admitted(names, "1") == [True]
    assert admitted(names, "2", now=NOW - HOUR_MS) == [False]
    assert admitted(names, "2") == [False]


def test_what_was_forgotten_counts_anew_and_what_is_seen_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(new_name_limits, "REMEMBERED", 10)
    names = new_names(1_000)
    for n in range(1, 200):
        assert admitted(names, str(n), "1") == [True, True]
    room = names._room
    assert room == 1_000 - 199
    admitted(names, "1")
    assert names._room == room
    admitted(names, "3")
    assert names._room == room - 1
    assert len(names.current) + len(names._previous) <= 21


def test_what_the_store_had_is_not_new_and_takes_no_room() -> None:
    old = NamesOfKind(is_read=True)
    old.put(STORE, sorted_hashes(*"abcdefgh"))
    names = new_names(2, old)
    assert all(admitted(names, *"hgfedcba"))
    assert admitted(names, *"xyzx") == [True, True, False, True]
    assert admitted(names, *"abcx") == [True] * 4
    # What another store had is new here, until it has come in for the key.
    assert admitted(new_names(2, old), *"abc", store=OTHER_STORE) == [True, True, False]
    assert admitted(names, *"abz", store=OTHER_STORE) == [True, True, False]


def test_what_was_forgotten_is_found_in_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_name_limits, "REMEMBERED", 3)
    old = NamesOfKind(is_read=True)
    old.put(STORE, sorted_hashes(*map(str, range(100))))
    names = new_names(1, old)
    for _ in range(2):
        assert all(admitted(names, *map(str, range(100))))
    assert admitted(names, "x", "y") == [True, False]


def test_while_nobody_can_tell_what_is_old_names_come_in_without_being_counted() -> None:
    old = NamesOfKind()
    names = new_names(2, old, while_unread=5)
    assert names.retry_seconds(NOW) == RETRY_WHILE_UNREAD_SECONDS
    assert all(admitted(names, *"abcde"))
    # Bounded also then: beyond that the cap holds.
    assert admitted(names, *"fghi") == [True, True, False, False]
    old.is_read = True
    assert admitted(names, *"abcdefghi") == [True] * 7 + [False] * 2
    assert 0 < names.retry_seconds(NOW + 1) <= 3_600


def test_what_came_in_uncounted_leaves_the_hour_its_room() -> None:
    old = NamesOfKind()
    names = new_names(2, old, while_unread=100)
    assert all(admitted(names, *"abcdefgh"))
    old.is_read = True
    assert admitted(names, *"xyz") == [True, True, False]


def test_the_allowance_at_a_start_is_what_may_be_known_of_a_store_and_less_of_stores() -> None:
    names = NewNameLimits(SMALL, UNREAD)
    of_one = names.limits_of("one")
    for kind in (of_one.pages, of_one.selectors, of_one.landing_pages, of_one.event_names):
        assert kind._unread_room == OF_STORE
    assert names.stores._unread_room == STORES_WHILE_UNREAD < OF_STORE


def mark(names: KeyNameLimits, page: str, selector: str | None = None) -> int:
    page_mark = names.mark_of("page", page, STORE, NOW)
    return page_mark + names.mark_of("selector", selector, STORE, NOW)


def test_a_page_is_the_path_of_its_address() -> None:
    names = KeyNameLimits(SMALL, NOTHING)
    for address in (
        "https://a.example/1", "https://a.example/1?x=1", "https://a.example/1#y?z",
        "http://www.a.example:8080/1",
    ):  # fmt: skip
        assert mark(names, address) == 0
    assert mark(names, "https://a.example/2?q") == 0
    assert mark(names, "https://a.example/3") == PAGE
    assert mark(names, "https://a.example/3?known=https://a.example/1") == PAGE
    assert mark(names, "https://a.example/2") == mark(names, "https://a.example/1?x=2") == 0


def test_marks_add_up() -> None:
    names = KeyNameLimits(SMALL, NOTHING)
    for n in range(2):
        assert mark(names, f"https://a.example/{n}", f"a.{n}") == 0
    assert mark(names, "https://a.example/0", "a.2") == SELECTOR
    assert mark(names, "https://a.example/2", "a.0") == PAGE
    assert mark(names, "https://a.example/2", "a.2") == PAGE | SELECTOR
    assert mark(names, "https://a.example/0", None) == 0
    assert [names.mark_of("landing_page", f"lp-{n}", STORE, NOW) for n in (1, 2, 3, 1)] == [
        0,
        0,
        LANDING_PAGE,
        0,
    ]


def test_names_of_events_are_compared_as_they_count() -> None:
    names = KeyNameLimits(SMALL, NOTHING)
    told = ("caf\u00e9", "cafe\u0301", " caf\u00e9 ", "b", "c", "cafe\u0301", None)
    marks = [names.mark_of("event_name", name, STORE, NOW) for name in told]
    assert marks == [0, 0, 0, 0, EVENT_NAME, 0, 0]


@pytest.mark.parametrize(
    ("stream", "event", "field"),
    [
        ("activity", {"session_id": "s", "activity_type": "custom"}, "name"),
        ("bot", {"client_id": "7", "event_type": "custom"}, "name"),
        ("landing", {"session_id": "s", "landing_page_id": "lp-1"}, "event_type"),
    ],
)
def test_a_custom_event_beyond_the_cap_keeps_its_name(
    stream: str, event: dict[str, Any], field: str
) -> None:
    told = [event | {"store_id": STORE, field: name} for name in ("a", "b", "c", "a")]
    records = encoded(stream, told, NewNameLimits(SMALL, NOTHING))
    assert [r["folded"] for r in records] == [None, None, EVENT_NAME, None]
    name = "event_name" if stream == "landing" else "name"
    assert [r[name] for r in records] == ["a", "b", "c", "a"]


def test_each_key_has_its_own_count_and_senders_without_one_share_theirs() -> None:
    names = NewNameLimits(SMALL, NOTHING)
    for n in range(5):
        mark(names.limits_of(None), f"https://a.example/{n}")
        mark(names.limits_of("one"), f"https://a.example/{n}")
    assert mark(names.limits_of(None), "https://a.example/9") == PAGE
    assert mark(names.limits_of("two"), "https://a.example/9") == 0
    assert names.limits_of("two") is names.limits_of("two")


def encoded(
    stream: str, events: list[dict[str, Any]], names: NewNameLimits, **sender: Any
) -> list[Any]:
    body = json.dumps({"events": events}).encode()
    enveloper = Enveloper(STREAMS[stream], Rules(), names)
    batch = Decoding(STREAMS[stream].input, 500).decode_batch(body)
    result = enveloper.encode_all(
        batch.beacons, RequestContext(NOW, "tracker", None, None, None, None, **sender)
    )
    assert result.refused == []
    decode = schema_of(stream).decode
    return [decode(record[1][HEADER_BYTES:]) for record in result.records if record is not None]


@pytest.mark.parametrize("more", [{}, {"consent": {"marketing": "granted"}}, {"source": "webapp"}])
def test_the_mark_stands_in_the_record_beside_the_name_as_sent(more: dict[str, Any]) -> None:
    click = {"store_id": STORE, "session_id": "s", "type": "click", "x": 1, "y": 1, **more}
    clicks = [
        {**click, "page_url": f"https://a.example/{n}", "selector": f"a.{n // 2}" if n else ""}
        for n in range(6)
    ]
    records = encoded("heatmap", clicks, NewNameLimits(SMALL, NOTHING))
    assert [r["folded"] for r in records] == [None, None, 1, 1, 3, 3]
    assert [r["page_url"] for r in records] == [c["page_url"] for c in clicks]
    assert records[5]["selector"] == "a.2"
    assert {r["bot_reason"] for r in records} == {None}
    views = [
        {
            "store_id": STORE,
            "session_id": "s",
            "event_type": "PageView",
            "landing_page_id": f"lp-{n}",
            **more,
        }
        for n in range(4)
    ]
    records = encoded("landing", views, NewNameLimits(SMALL, NOTHING))
    assert [r["folded"] for r in records] == [None, None, 4, 4]
    assert records[3]["landing_page_id"] == "lp-3"


def test_the_content_checksum_does_not_depend_on_the_mark() -> None:
    click = {
        "store_id": STORE, "session_id": "s", "type": "click", "x": 1, "y": 1,
        "page_url": "https://a.example/9",
    }  # fmt: skip
    names = NewNameLimits(SMALL, NOTHING)
    flood = [{**click, "page_url": f"https://a.example/{n}"} for n in range(2)]
    (counted,) = encoded("heatmap", [click], NewNameLimits(SMALL, NOTHING))
    folded = encoded("heatmap", [*flood, click], names)[-1]
    assert (counted["folded"], folded["folded"]) == (None, 1)
    assert counted["content_crc"] == folded["content_crc"]


def test_new_stores_without_a_key_are_refused_beyond_the_cap() -> None:
    views = [
        {
            "store_id": f"00000000-0000-4000-8000-00000000000{n}",
            "session_id": "s",
            "activity_type": "page_view",
        }
        for n in range(4)
    ]
    names = NewNameLimits(SMALL, NOTHING)
    assert len(encoded("activity", views[:2], names)) == 2
    with pytest.raises(RequestRefused) as told:
        encoded("activity", views[:3], names)
    assert (told.value.status, told.value.code) == (429, "RATE_LIMITED")
    assert 0 < int(dict(told.value.headers)[b"retry-after"]) <= 3_600
    assert len(encoded("activity", views[:2], names)) == 2
    assert len(encoded("activity", views, names, key_id="any")) == 4
    # What came with a key is not known to belong to those without.
    with pytest.raises(RequestRefused):
        encoded("activity", views[3:], names)


def test_events_are_judged_by_their_stores_names_whatever_key_they_have() -> None:
    known = DatabaseNames()
    known.of_kind["page"].put(STORE, sorted_hashes(*(f"/{n}" for n in range(6))))
    known.of_kind["selector"].put(STORE, sorted_hashes(*(f"a.{n}" for n in range(6))))
    known.of_kind["landing_page"].put(ANY, sorted_hashes(*(f"lp-{n}" for n in range(6))))
    known.of_kind["store"].put(ANY, sorted_hashes(STORE))
    click = {"session_id": "s", "type": "click", "x": 1, "y": 1}
    view = {"session_id": "s", "event_type": "PageView"}
    for key in (None, "any"):
        for store, mark in ((OTHER_STORE, 3), (STORE, None)):
            names = NewNameLimits(SMALL, known)
            clicks = [
                {**click, "store_id": store, "page_url": f"https://b.example/{n}?x",
                 "selector": f"a.{n}"}
                for n in range(6)
            ]  # fmt: skip
            folded = [r["folded"] for r in encoded("heatmap", clicks, names, key_id=key)]
            assert folded == [None, None, *[mark] * 4]
            views = [{**view, "store_id": store, "landing_page_id": f"lp-{n}"} for n in range(6)]
            assert {r["folded"] for r in encoded("landing", views, names, key_id=key)} == {None}
            assert names.stores._room == (0 if key or store == STORE else 1)


def test_a_new_store_beyond_what_comes_in_unread_is_asked_back_soon() -> None:
    names = NewNameLimits(SMALL, UNREAD)
    names.stores._unread_room = 1
    views = [
        {"store_id": f"00000000-0000-4000-8000-00000000000{n}", "session_id": "s",
         "activity_type": "page_view"}
        for n in range(4)
    ]  # fmt: skip
    assert len(encoded("activity", views[:3], names)) == 3
    with pytest.raises(RequestRefused) as told:
        encoded("activity", views, names)
    assert dict(told.value.headers)[b"retry-after"] == b"5"


def test_memory_is_bounded_whatever_is_sent() -> None:
    """Of one key: names of the greatest length, far more of them than are remembered."""
    caps = Settings(
        new_pages_per_hour=10**6, new_selectors_per_hour=10**6, new_landing_pages_per_hour=10**6
    )
    gc.collect()
    tracemalloc.start()
    try:
        names = KeyNameLimits(caps, NOTHING)
        for n in range(120_000):
            names.mark_of("page", f"https://a.example/{n:0>2000}", STORE, NOW)
            names.mark_of("selector", f"{n:0>512}", STORE, NOW)
            names.mark_of("landing_page", f"{n:0>128}", STORE, NOW)
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert used < 24 * 2**20, used


def test_keys_are_bounded() -> None:
    names = NewNameLimits(SMALL, NOTHING)
    for n in range(new_name_limits.KEYS * 3):
        names.limits_of(n)
    assert len(names._by_key) == new_name_limits.KEYS
