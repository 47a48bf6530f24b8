"""The newest events in the order of their last change, and what each reader has missed. Pure.

Each change has a number, and a reader is a number: what he has seen. An event that changed twice
since is told once, as it stands now. What is dropped leaves its marks for a while, so that a reader
who comes back learns how many of what he asked for he has not seen; behind the last mark nobody
knows.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from storepulse.query.live.entries import Entry, KeptEntry, Kind

MOST_KEPT = 5_000
MOST_MARKS = 20_000
#: Stores and streams whose events that were left out are counted apart.
MOST_APART = 5_000


@dataclass(frozen=True, slots=True)
class LiveFilter:
    """What a reader asked for; None: all of it."""

    store_id: str | None = None
    stream: str | None = None
    type: str | None = None
    kind: Kind = "all"

    def takes(self, entry: Entry) -> bool:
        """Whether the reader is shown an entry."""
        return (
            self.store_id in (None, entry.store_id)
            and self.stream in (None, entry.stream)
            and (self.type is None or self.type.casefold() == entry.type.casefold())
            and entry.is_of_kind(self.kind)
        )

    @property
    def is_counted(self) -> bool:
        """Whether it is known of an event that was not decoded if it is asked for."""
        return self.type is None and self.kind == "all"


class WindowPage(NamedTuple):
    """What a reader has not seen yet, oldest change first, and the number to ask with next.

    `missed`: how many he will not see; None where that is not known.
    """

    entries: list[KeptEntry]
    missed: int | None
    number: int


class _Mark(NamedTuple):
    """An entry that was dropped: the number of its last change, and what filters ask."""

    number: int
    entry: Entry


class LiveWindow:
    """The events that are kept for readers of one process."""

    def __init__(self, most_kept: int = MOST_KEPT, most_marks: int = MOST_MARKS) -> None:
        self._most_kept = most_kept
        self._kept: OrderedDict[str, KeptEntry] = OrderedDict()
        self._marks: deque[_Mark] = deque(maxlen=most_marks)
        #: The newest change that no mark tells of any more.
        self._unmarked = 0
        self._left_out: Counter[tuple[str | None, str]] = Counter()
        self.number = 0

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, entry: Entry) -> None:
        """Keeps a new entry; the one that has not changed for longest is dropped."""
        self.number += 1
        self._kept[entry.id] = KeptEntry(entry, self.number)
        if len(self._kept) > self._most_kept:
            _, dropped = self._kept.popitem(last=False)
            if len(self._marks) == self._marks.maxlen:
                self._unmarked = self._marks[0].number
            self._marks.append(_Mark(dropped.number, _bare(dropped.entry)))

    def note_change(self, entry: Entry) -> None:
        """An entry has changed; one that is not kept any more is passed over."""
        kept = self._kept.get(entry.id)
        if kept is None:
            return
        self.number += 1
        kept.change(self.number)
        self._kept.move_to_end(entry.id)

    def find(self, live_id: str) -> Entry | None:
        """The entry with an id; None where it is not kept."""
        kept = self._kept.get(live_id)
        return None if kept is None else kept.entry

    def entries_of_session(self, store_id: str, session_id: str) -> list[Entry]:
        """The entries of a session, oldest change first."""
        return [
            kept.entry
            for kept in self._kept.values()
            if kept.entry.session_id == session_id and kept.entry.store_id == store_id
        ]

    def note_cut(self) -> None:
        """Records were passed over, nobody knows how many."""
        self.number += 1
        self._unmarked = self.number

    def leave_out(self, store_id: str | None, stream: str, number: int = 1) -> None:
        """Counts events that are counted and not kept, since too many come at once."""
        place = (store_id, stream)
        if place not in self._left_out and len(self._left_out) >= MOST_APART:
            place = (None, "")
        self._left_out[place] += number

    def left_out(self, asked: LiveFilter) -> int:
        """How many of a store and stream were left out since this process began to look."""
        return sum(
            number
            for (store_id, stream), number in self._left_out.items()
            if asked.store_id in (None, store_id) and asked.stream in (None, stream)
        )

    def read_newest(self, asked: LiveFilter, most: int) -> WindowPage:
        """The newest entries, for a reader who has seen none."""
        found = list(islice(self._changed_since(0, asked), most))
        return WindowPage(found[::-1], 0, self.number)

    def read(self, asked: LiveFilter, number: int, most: int) -> WindowPage:
        """What has changed since, the newest `most` of it."""
        changed = self._changed_since(number, asked)
        found = list(islice(changed, most))
        missed: int | None = sum(1 for _ in changed)
        if number < self._unmarked:
            missed = None
        elif missed is not None:
            missed += sum(1 for mark in self._marks_since(number) if asked.takes(mark.entry))
        return WindowPage(found[::-1], missed, self.number)

    def _changed_since(self, number: int, asked: LiveFilter) -> Iterator[KeptEntry]:
        """Newest change first."""
        for kept in reversed(self._kept.values()):
            if kept.number <= number:
                return
            if asked.takes(kept.entry):
                yield kept

    def _marks_since(self, number: int) -> Iterator[_Mark]:
        for mark in reversed(self._marks):
            if mark.number <= number:
                return
            yield mark


def _bare(entry: Entry) -> Entry:
    """What filters ask of an entry, without its texts."""
    return Entry(
        id="",
        received_at=0,
        stream=entry.stream,
        type=entry.type,
        what="",
        store_id=entry.store_id,
        session_id=None,
        event_id=None,
        stage=entry.stage,
    )
