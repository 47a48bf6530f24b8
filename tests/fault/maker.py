"""What makes one stream's beacons.

A maker is seeded by its caller and has no clock of its own. Whatever it makes has an id that the
client knows, by one of the ways to give one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tests.fault.outcomes import Sent

STORES = {
    "6f1f3c1e-8c9b-4d3a-9a52-3c1f6a1b2c3d": "shop-one.myshopify.com",
    "0b9f2a44-51c7-4c1e-8a3c-77d0e2f4a9b1": "shop-two.myshopify.com",
}
PATHS = ("/", "/collections/all", "/products/red-shirt", "/products/blue-shirt", "/cart")

#: What a client sends, and what it is in Avro's names.
BodyAndFields = tuple[dict[str, Any], dict[str, Any]]


class SentCall(Protocol):
    """A call that tells events in a form of its own, and the events that it must become."""

    @property
    def path(self) -> str: ...

    def content(self) -> bytes: ...

    def sent(self) -> list[Sent]: ...

    def headers(self) -> dict[str, str]: ...


@dataclass(frozen=True, kw_only=True)
class Maker:
    """One stream's beacons.

    `make` gets the envelope's fields in Avro's names and adds the stream's own; it may change the
    envelope where the stream's events look otherwise. `conflict`: the client's name of a field,
    Avro's, and another value than any that is made. `mistakes`: fields and values that the gateway
    must refuse.
    """

    make: Callable[[Random, dict[str, Any]], BodyAndFields]
    conflict: tuple[str, str, Any]
    mistakes: tuple[tuple[str, Any], ...]
    #: Path for one event, and for a batch; without the latter batches go to /collect.
    path: str
    batch_path: str = ""
    #: Client's names of the envelope's fields.
    camel_case: bool = False
    #: Whether the user agent of its requests is a visitor's, who may be a robot.
    has_user_agent: bool = True
    #: A field whose text reaches a column as it is, so that PostgreSQL refuses NUL in it.
    text_field: str | None = None
    #: Headers of a call that only servers may make, of its body, store and time in seconds.
    headers: Callable[[bytes, str, float], dict[str, str]] | None = None
    #: How many events are alike but for their ids.
    count: Callable[[Random, dict[str, Any]], int] = lambda _rng, _fields: 1
    #: The id of an event that follows from its fields, so that no copy has other content; None
    #: where the client gives it.
    derived_id: Callable[[dict[str, Any]], str | None] = lambda _fields: None
    #: The next call of another form that tells such events: of the recent ones, which it keeps, at
    #: epoch ms. `calls_share`: of the stream's requests.
    next_call: Callable[[Random, list[Any], int], SentCall] | None = None
    calls_share: float = 0.0


def stated(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that are not null."""
    return {name: value for name, value in fields.items() if value is not None}


def compact_json(value: Any) -> str:
    """JSON as events hold it: without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
