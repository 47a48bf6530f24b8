"""The load client's journal: each id that was sent, and what it was answered. Durable.

One line of JSON when a request leaves, one when it is settled, the latter with fsync: what the
journal says of an answer is never more than what the client really got. An outcome is

    A   2xx that names the event as accepted: it must be stored
    S   the same, from the gateway's disk: it must be stored, and may come to Kafka more than once
    U   no answer, 5xx, or "come back later": it may be stored or not, or wait on that disk
    R   4xx, or named as rejected inside of a batch: it must be nowhere

A request without a second line is U. Keys are (store_id, event_id), both in canonical form.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Key = tuple[str, str]


@dataclass(frozen=True)
class Sent:
    """One event of a request: its key, stream, whether it is good, and its fields in Avro's names
    as a decoder must give them back."""

    store_id: str
    event_id: str
    stream: str
    good: bool
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return self.store_id, self.event_id


@dataclass
class Fate:
    """All that became of one key over all requests that carried it."""

    stream: str
    good: bool = True
    sends: int = 0
    acknowledged: int = 0
    refused: int = 0
    variants: list[dict[str, Any]] = field(default_factory=list)
    #: Whether some request may have put it on a gateway's disk: a delivery that timed out may be
    #: in Kafka already, and a crash while the disk is emptied sends a segment again.
    spooled: bool = False

    @property
    def letter(self) -> str:
        """A beats U beats R: one acceptance is a promise, one silence a doubt."""
        if self.acknowledged:
            return "A"
        return "R" if self.refused == self.sends else "U"


class Journal:
    """Writes the file. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._requests = 0
        self.counts = dict.fromkeys("ASUR", 0)

    def leaves(self, events: Iterable[Sent]) -> int:
        """Notes a request before it is sent; its number."""
        sent = [vars(event) for event in events]
        with self._lock:
            self._requests += 1
            self._file.write(json.dumps({"n": self._requests, "sent": sent}) + "\n")
            return self._requests

    def settled(self, number: int, letters: str) -> None:
        """Notes the outcome of each event of a request, in its order. Durable on return."""
        with self._lock:
            self._file.write(json.dumps({"n": number, "letters": letters}) + "\n")
            self._file.flush()
            for letter in letters:
                self.counts[letter] += 1
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def read(path: Path) -> dict[Key, Fate]:
    """What became of every key in the journal."""
    requests: dict[int, list[Sent]] = {}
    settled: dict[int, str] = {}
    for line in path.read_text("utf-8").splitlines():
        entry = json.loads(line)
        if "sent" in entry:
            requests[entry["n"]] = [Sent(**event) for event in entry["sent"]]
        else:
            settled[entry["n"]] = entry["letters"]
    fates: dict[Key, Fate] = {}
    for number, events in requests.items():
        for event, letter in zip(events, settled.get(number, "U" * len(events)), strict=True):
            fate = fates.setdefault(event.key, Fate(event.stream))
            fate.good &= event.good
            fate.sends += 1
            fate.acknowledged += letter in "AS"
            fate.spooled |= letter in "SU"
            fate.refused += letter == "R"
            if event.fields not in fate.variants:
                fate.variants.append(event.fields)
    return fates
