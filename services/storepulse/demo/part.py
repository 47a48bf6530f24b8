"""What the demo knows of one stream besides how its beacons are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

#: (path, query parameters) -> the JSON of the answer.
Read = Callable[[str, dict[str, Any]], dict[str, Any]]
Told = int | list[int]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A good beacon with one field replaced (`...`: left out); the answer must name it.

    `also`: what must stand in the other fields for the mistake to be one. `named`: what the answer
    names, where that is not `field`.
    """

    stream: str
    field: str
    value: Any
    named: str = ""
    also: Mapping[str, Any] | None = None


class Figures(Protocol):
    """Counts one store's events of a stream, without those of robots."""

    def count(self, event: dict[str, Any]) -> None:
        """Adds an event, as it is stored."""

    def document(self) -> dict[str, Any]:
        """The figures as the manifest holds them; money as text."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One stream's part of the demo.

    `conflict`: fields of a beacon, with other values than any that is sent. `figures` makes what
    counts a store's events, `told` reads the same figures through the API, the cheap ones first.
    `may_move`: whether its events may pass each other and come late without a change in figures
    that were foretold.
    """

    mistakes: tuple[Mistake, ...]
    conflict: Mapping[str, Any]
    figures: Callable[[], Figures] | None = None
    told: Callable[[Read, str], Iterator[tuple[str, Told]]] | None = None
    may_move: bool = False
