"""The newest events in the order of their last change, and what each reader has missed. Pure.

Each change has a number; a reader's position is the number of the last change it has seen. An event
that changed several times since then is returned once, in its current state. A dropped event leaves
a mark for a while, so that a returning reader learns how many matching events it has missed. Before
the oldest mark that number is unknown.
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
#: Most pairs of store and stream with a count of their own for events that were left out.
MOST_APART = 5_000


@dataclass(frozen=True, slots=True)
class LiveFilter:
    """A reader's filter; None matches everything."""

    store_id: str | None = None
    stream: str | None = None
    type: str | None = None
    kind: Kind = "all"

    def takes(self, entry: Entry) -> bool:
        """Whether an entry passes the filter."""
        return (
            self.store_id in (None, entry.store_id)
            and self.stream in (None, entry.stream)
            and (self.type is None or self.type.casefold() == entry.type.casefold())
            and entry.is_of_kind(self.kind)
        )

    @property
    def is_counted(self) -> bool:
        """Whether the filter can be decided for an event that was not decoded."""
        return self.type is None and self.kind == "all"


class WindowPage(NamedTuple):
    """Entries that a reader has not seen, oldest change first, and the number to ask with next.

    `missed`: how many entries the reader will not see; None if unknown. `was_cut`: this service
    skipped some of them.
    """

    entries: list[KeptEntry]
    missed: int | None
    number: int
    was_cut: bool = False


class _Mark(NamedTuple):
    """A dropped entry: the number of its last change, and the fields that filters check."""

    number: int
    entry: Entry


class LiveWindow:
    """The events that are kept for readers of one process."""

    def __init__(self, most_kept: int = MOST_KEPT, most_marks: int = MOST_MARKS) -> None:
        self._most_kept = most_kept
        self._kept: OrderedDict[str, KeptEntry] = OrderedDict()
        self._marks: deque[_Mark] = deque(maxlen=most_marks)
        #: The newest change whose mark is gone.
        self._unmarked = 0
        #: The number of the newest cut.
        self._cut = 0
        self._left_out: Counter[tuple[str | None, str]] = Counter()
        self.number = 0

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, entry: Entry) -> None:
        """Add a new entry. A full window drops the entry whose last change is oldest."""
        self.number += 1
        self._kept[entry.id] = KeptEntry(entry, self.number)
        if len(self._kept) > self._most_kept:
            _, dropped = self._kept.popitem(last=False)
            if len(self._marks) == self._marks.maxlen:
                self._unmarked = self._marks[0].number
            self._marks.append(_Mark(dropped.number, _bare(dropped.entry)))

    def note_change(self, entry: Entry) -> None:
        """Record that an entry has changed. An entry that is no longer kept is ignored."""
        kept = self._kept.get(entry.id)
        if kept is None:
            return
        self.number += 1
        kept.change(self.number)
        self._kept.move_to_end(entry.id)

    def find(self, live_id: str) -> Entry | None:
        """The entry with this id, or None if it is not kept."""
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
        """Record that an unknown number of records was skipped."""
        self.number += 1
        self._unmarked = self._cut = self.number

    def leave_out(self, store_id: str | None, stream: str, number: int = 1) -> None:
        """Count events that are not kept because too many arrive at once."""
        place = (store_id, stream)
        if place not in self._left_out and len(self._left_out) >= MOST_APART:
            place = (None, "")
        self._left_out[place] += number

    def left_out(self, asked: LiveFilter) -> int:
        """How many events of a store and stream were left out since this process began to read."""
        return sum(
            number
            for (store_id, stream), number in self._left_out.items()
            if asked.store_id in (None, store_id) and asked.stream in (None, stream)
        )

    def read_newest(self, asked: LiveFilter, most: int) -> WindowPage:
        """The newest entries, for a new reader."""
        found = list(islice(self._changed_since(0, asked), most))
        return WindowPage(found[::-1], 0, self.number)

    def read(self, asked: LiveFilter, number: int, most: int) -> WindowPage:
        """The newest `most` entries that changed after `number`."""
        changed = self._changed_since(number, asked)
        found = list(islice(changed, most))
        missed: int | None = sum(1 for _ in changed)
        if number < self._unmarked:
            missed = None
        elif missed is not None:
            missed += sum(1 for mark in self._marks_since(number) if asked.takes(mark.entry))
        return WindowPage(found[::-1], missed, self.number, was_cut=number < self._cut)

    def _changed_since(self, number: int, asked: LiveFilter) -> Iterator[KeptEntry]:
        """Matching entries that changed after `number`, newest change first."""
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
    """The fields of an entry that filters check, without its texts."""
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
