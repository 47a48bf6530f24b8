"""The interface of one stream's part of the demo, apart from making its beacons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from storepulse.demo.visit import Visit

#: (path, query parameters) -> the JSON of the answer.
Read = Callable[[str, dict[str, Any]], dict[str, Any]]
Told = int | list[int] | dict[str, Any]
#: Statuses of an order in their order; the latest one counts.
OrderStatus = Literal["created", "paid", "refunded", "cancelled"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A good beacon with one field replaced (`...`: left out), which the answer must name.

    `also` has values of other fields that the mistake requires. `named` is the field that the
    answer names, if it is not `field`.
    """

    stream: str
    field: str
    value: Any
    named: str = ""
    also: Mapping[str, Any] | None = None


class StreamFigures(Protocol):
    """Counts one store's events of a stream, without those of robots."""

    def count(self, event: dict[str, Any]) -> None:
        """Adds an event, as it is stored."""

    def document(self) -> dict[str, Any]:
        """The figures for the manifest; money as text."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One stream's part of the demo.

    - `conflict`: fields of a beacon with values that are otherwise never sent
    - `figures`: makes the object that counts a store's events
    - `told`: reads the same figures through the API, cheap ones first
    - `orders`: the status that an event of each type gives its order
    - `may_move`: whether events may arrive out of order and late without changing any figure
    - `story`: a visit that does not use the shop's pages; `share` percent of visitors make it
    - `needs_secret`: whether the story needs a secret key
    """

    mistakes: tuple[Mistake, ...]
    conflict: Mapping[str, Any]
    orders: Mapping[str, OrderStatus] = field(default_factory=dict)
    figures: Callable[[], StreamFigures] | None = None
    told: Callable[[Read, str], Iterator[tuple[str, Told]]] | None = None
    may_move: bool = False
    story: Callable[[Visit], None] | None = None
    share: float = 0.0
    needs_secret: bool = False
