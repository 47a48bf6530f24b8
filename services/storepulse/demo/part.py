"""What the demo knows of one stream besides how its beacons are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from storepulse.demo.visit import Visit

#: (path, query parameters) -> the JSON of the answer.
Read = Callable[[str, dict[str, Any]], dict[str, Any]]
Told = int | list[int] | dict[str, Any]
#: What has become of an order; the later one stays.
OrderStatus = Literal["created", "paid", "refunded", "cancelled"]


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


class StreamFigures(Protocol):
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
    `orders`: what each type that tells of an order makes of it.
    `may_move`: whether its events may pass each other and come late without changing any figure.
    `story`: what those do whom the shop's pages do not see; `share` of a hundred visitors do it.
    `needs_secret`: whether that wants a secret key.
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
