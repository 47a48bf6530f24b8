"""New names are counted by key and hour; known ones never again; memory stays small."""

from __future__ import annotations

import gc
import json
import tracemalloc
from typing import Any

import pytest

from storepulse.adapters.settings import Settings
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.domain.folding import LANDING_PAGE, PAGE, SELECTOR
from storepulse.domain.input import INPUTS
from storepulse.domain.input.beacon import Rules
from storepulse.gateway import new_names
from storepulse.gateway.answers import Refused
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.enveloping import Enveloper, Sender
from storepulse.gateway.new_names import HOUR_MS, KeysNames, Names, NewNames

NOW = 1_767_268_800_000
SMALL = Settings(
    new_pages_per_hour=2, new_selectors_per_hour=2, new_landing_pages_per_hour=2,
    new_stores_per_hour=2,
)  # fmt: skip
STORE = "11111111-1111-4111-8111-111111111111"


def test_beyond_the_cap_a_name_is_not_admitted_before_the_next_hour() -> None:
    names = NewNames(2)
    assert [names.admit(n, NOW) for n in (1, 2, 1, 3, 2, 4)] == [
        True,
        True,
        True,
        False,
        True,
        False,
    ]
    assert names.admit(3, NOW + HOUR_MS)
    assert names.admit(1, NOW + HOUR_MS)
    assert names.admit(4, NOW + HOUR_MS)
    assert not names.admit(5, NOW + HOUR_MS)


def test_a_clock_that_is_set_back_begins_no_new_hour() -> None:
    names = NewNames(1)
    assert names.admit(1, NOW)
    assert not names.admit(2, NOW - HOUR_MS)
    assert not names.admit(2, NOW)


def test_what_was_forgotten_counts_anew_and_what_is_seen_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(new_names, "REMEMBERED", 10)
    names = NewNames(1_000)
    for n in range(1, 200):
        assert names.admit(n, NOW)
        assert names.admit(1, NOW)
    left = names._left
    assert left == 1_000 - 199
    names.admit(1, NOW)
    assert names._left == left
    names.admit(3, NOW)
    assert names._left == left - 1
    assert len(names.current) + len(names._previous) <= 21


def mark(names: KeysNames, page: str, selector: str | None = None) -> int:
    return names.mark_of_heatmap(page, selector, NOW)


def test_a_page_is_its_address_without_query_and_fragment() -> None:
    names = KeysNames(SMALL)
    for address in ("https://a.example/1", "https://a.example/1?x=1", "https://a.example/1#y?z"):
        assert mark(names, address) == 0
    assert mark(names, "https://a.example/2?q") == 0
    assert mark(names, "https://a.example/3") == PAGE
    assert mark(names, "https://a.example/3?known=https://a.example/1") == PAGE
    assert mark(names, "https://a.example/2") == mark(names, "https://a.example/1?x=2") == 0


def test_marks_add_up() -> None:
    names = KeysNames(SMALL)
    for n in range(2):
        assert mark(names, f"https://a.example/{n}", f"a.{n}") == 0
    assert mark(names, "https://a.example/0", "a.2") == SELECTOR
    assert mark(names, "https://a.example/2", "a.0") == PAGE
    assert mark(names, "https://a.example/2", "a.2") == PAGE | SELECTOR
    assert mark(names, "https://a.example/0", None) == 0
    assert [names.mark_of_landing(f"lp-{n}", NOW) for n in (1, 2, 3, 1)] == [0, 0, LANDING_PAGE, 0]


def test_each_key_has_its_own_count_and_senders_without_one_share_theirs() -> None:
    names = Names(SMALL)
    for n in range(5):
        mark(names.of_key(None), f"https://a.example/{n}")
        mark(names.of_key("one"), f"https://a.example/{n}")
    assert mark(names.of_key(None), "https://a.example/9") == PAGE
    assert mark(names.of_key("two"), "https://a.example/9") == 0
    assert names.of_key("two") is names.of_key("two")


def encoded(stream: str, events: list[dict[str, Any]], names: Names, **sender: Any) -> list[Any]:
    body = json.dumps({"events": events}).encode()
    enveloper = Enveloper(INPUTS[stream], Rules(), "low", names)
    batch = Decoding(INPUTS[stream], 500).batch(body)
    result = enveloper.encode_all(
        batch.beacons, Sender(NOW, "tracker", None, None, None, None, **sender)
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
    records = encoded("heatmap", clicks, Names(SMALL))
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
    records = encoded("landing", views, Names(SMALL))
    assert [r["folded"] for r in records] == [None, None, 4, 4]
    assert records[3]["landing_page_id"] == "lp-3"


def test_the_content_checksum_does_not_depend_on_the_mark() -> None:
    click = {
        "store_id": STORE, "session_id": "s", "type": "click", "x": 1, "y": 1,
        "page_url": "https://a.example/9",
    }  # fmt: skip
    names = Names(SMALL)
    flood = [{**click, "page_url": f"https://a.example/{n}"} for n in range(2)]
    (counted,) = encoded("heatmap", [click], Names(SMALL))
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
    names = Names(SMALL)
    assert len(encoded("activity", views[:2], names)) == 2
    with pytest.raises(Refused) as told:
        encoded("activity", views[:3], names)
    assert (told.value.status, told.value.code) == (429, "RATE_LIMITED")
    assert 0 < int(dict(told.value.headers)[b"retry-after"]) <= 3_600
    assert len(encoded("activity", views[:2], names)) == 2
    assert len(encoded("activity", views, names, key_id="any")) == 4
    # What came with a key is not known to belong to those without.
    with pytest.raises(Refused):
        encoded("activity", views[3:], names)


def test_memory_is_bounded_whatever_is_sent() -> None:
    """Of one key: names of the greatest length, far more of them than are remembered."""
    caps = Settings(
        new_pages_per_hour=10**6, new_selectors_per_hour=10**6, new_landing_pages_per_hour=10**6
    )
    gc.collect()
    tracemalloc.start()
    try:
        names = KeysNames(caps)
        for n in range(120_000):
            names.mark_of_heatmap(f"https://a.example/{n:0>2000}", f"{n:0>512}", NOW)
            names.mark_of_landing(f"{n:0>128}", NOW)
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert used < 24 * 2**20, used


def test_keys_are_bounded() -> None:
    names = Names(SMALL)
    for n in range(new_names.KEYS * 3):
        names.of_key(n)
    assert len(names._of_key) == new_names.KEYS
