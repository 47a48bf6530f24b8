"""What a reader is shown, and what he is told that he missed."""

from __future__ import annotations

import random

import pytest

from storepulse.query.live.entries import Entry, Stage
from storepulse.query.live.window import LiveFilter, LiveWindow

ALL = LiveFilter()


def entry(
    n: int, store: str = "a", stream: str = "activity", kind: str = "page_view",
    stage: Stage = "accepted",
) -> Entry:  # fmt: skip
    return Entry(
        id=f"{stream}-0-{n}", received_at=n, stream=stream, type=kind, what="", store_id=store,
        session_id=None, event_id=None, stage=stage,
    )  # fmt: skip


def filled(count: int, most_kept: int = 10, most_marks: int = 10) -> LiveWindow:
    window = LiveWindow(most_kept, most_marks)
    for n in range(count):
        window.add(entry(n))
    return window


def ids(page: object) -> list[int]:
    return [int(kept.entry.id.split("-")[-1]) for kept in page.entries]  # type: ignore[attr-defined]


def test_a_reader_gets_each_once_and_in_order() -> None:
    window = filled(3)
    first = window.read(ALL, 0, 10)
    assert (ids(first), first.missed) == ([0, 1, 2], 0)
    window.add(entry(3))
    second = window.read(ALL, first.number, 10)
    assert (ids(second), second.missed) == ([3], 0)
    assert ids(window.read(ALL, second.number, 10)) == []


def test_a_change_is_told_once_as_it_stands() -> None:
    window = filled(3)
    seen = window.number
    one = window.find("activity-0-1")
    assert one is not None
    one.stage = "duplicate"
    window.note_change(one)
    one.stage = "applied"
    window.note_change(one)
    page = window.read(ALL, seen, 10)
    assert ids(page) == [1]
    assert '"stage":"applied"' in page.entries[0].json


def test_json_is_made_anew_after_a_change() -> None:
    window = filled(1)
    kept = window.read(ALL, 0, 10).entries[0]
    assert '"stage":"accepted"' in kept.json
    kept.entry.stage = "applied"
    window.note_change(kept.entry)
    assert '"stage":"applied"' in kept.json


@pytest.mark.parametrize(("seen", "missed"), [(0, 5), (2, 3), (5, 0), (7, 0)])
def test_what_was_dropped_is_counted(seen: int, missed: int) -> None:
    page = filled(15).read(ALL, seen, 20)
    assert page.missed == missed
    assert ids(page) == list(range(max(5, seen), 15))


def test_what_one_page_does_not_hold_is_counted_too() -> None:
    page = filled(15).read(ALL, 0, 4)
    assert (ids(page), page.missed) == ([11, 12, 13, 14], 11)


def test_behind_the_last_mark_nobody_knows() -> None:
    window = filled(25)
    assert window.read(ALL, 4, 20)[1:] == (None, window.number, False)
    assert window.read(ALL, 5, 20).missed == 10


def test_a_cut_is_a_gap_of_unknown_size_for_who_saw_all_before() -> None:
    window = filled(3)
    seen = window.number
    window.note_cut()
    window.add(entry(3))
    page = window.read(ALL, seen, 10)
    assert (ids(page), page.missed, page.was_cut) == ([3], None, True)
    after = window.read(ALL, page.number, 10)
    assert (after.missed, after.was_cut) == (0, False)


def test_filters_hide_others_and_their_number() -> None:
    window = LiveWindow(2, 100)
    for n in range(10):
        window.add(entry(n, store="a" if n < 3 else "b"))
    assert window.read(LiveFilter(store_id="a"), 0, 10)[:2] == ([], 3)
    window.leave_out("b", "activity", 50)
    assert window.left_out(LiveFilter(store_id="a")) == 0
    assert window.left_out(LiveFilter(store_id="b", stream="cart")) == 0
    assert window.left_out(ALL) == 50


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (LiveFilter(stream="cart"), [1]),
        (LiveFilter(type="PURCHASE"), [2]),
        (LiveFilter(kind="rejected"), [3, 4]),
        (LiveFilter(kind="duplicate"), [5]),
        (LiveFilter(store_id="z"), [6]),
    ],
)
def test_each_filter(asked: LiveFilter, found: list[int]) -> None:
    window = LiveWindow()
    for one in (
        entry(0), entry(1, stream="cart"), entry(2, kind="purchase"), entry(3, stage="rejected"),
        entry(4, stage="dead"), entry(5, stage="duplicate"), entry(6, store="z"),
    ):  # fmt: skip
        window.add(one)
    assert ids(window.read(asked, 0, 10)) == found


def test_whatever_readers_do_they_see_or_are_told_of_every_event() -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    draw = random.Random(seed)
    window, added = LiveWindow(8, 400), 0
    number, shown, missed = 0, 0, 0
    for _ in range(200):
        for _ in range(draw.randrange(12)):
            window.add(entry(added))
            added += 1
        if draw.random() < 0.5:
            page = window.read(ALL, number, draw.randrange(1, 12))
            number, shown = page.number, shown + len(page.entries)
            assert page.missed is not None
            missed += page.missed
    page = window.read(ALL, number, 100)
    assert page.missed is not None
    assert shown + missed + len(page.entries) + page.missed == added
    assert len(window) <= 8
