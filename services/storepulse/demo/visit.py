"""One visit: its clock, its envelope, and its requests so far.

The clock only moves forward; `disorder` makes late, repeated and malformed requests afterwards. All
streams of a visit share the session id. A visit is much shorter than 24 hours.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from storepulse.demo.beacons import BeaconRequest, ManifestEntry
from storepulse.demo.ids import uuid7
from storepulse.demo.shops import REFERRERS, Shop
from storepulse.demo.visitors import DemoPerson
from storepulse.domain.envelope import iso_ms


class Visit:
    """Collects the requests of one visit. `now` is the visitor's clock, epoch milliseconds."""

    def __init__(
        self, rng: Random, shop: Shop, person: DemoPerson, start: int, *, trusted: bool = False
    ) -> None:
        self.rng = rng
        self.shop = shop
        self.person = person
        self.now = start
        self.session_id = f"s-{rng.getrandbits(96):024x}"
        self.requests: list[BeaconRequest] = []
        self.trusted = trusted
        #: Whether each event has an id; else the gateway derives some ids from the content.
        self.gives_ids = False
        #: The time of the last activity event, and the earliest time of the next one.
        self.last_act = self.next_act = 0
        self.referrer = rng.choice(REFERRERS)

    def envelope(self, event_id: str | None) -> dict[str, Any]:
        """The fields that beacons of all streams have, in snake_case."""
        rng = self.rng
        sent: dict[str, Any] = {
            "store_id": self.shop.store_id, "session_id": self.session_id, "source": "tracker",
        }  # fmt: skip
        if event_id is not None:
            sent["event_id"] = event_id.upper() if rng.random() < 0.02 else event_id
        if self.person.visitor_id is not None:
            sent["visitor_id"] = self.person.visitor_id
        if self.person.consent is not None:
            sent["consent"] = self.person.consent
        if self.trusted:
            # With a secret key, the request's own user agent is a server's.
            sent["user_agent"] = self.person.user_agent
        sent["timestamp"] = self.now if rng.random() < 0.3 else iso_ms(self.now)
        return sent

    def event(self, stream: str, event_id: str | None, **own: Any) -> dict[str, Any]:
        """The event as it must be stored, with the fields that figures depend on."""
        return {
            "stream": stream,
            "store_id": self.shop.store_id,
            "event_id": event_id,
            "session_id": self.session_id,
            "visitor_id": self.person.visitor_id,
            "occurred_at": self.now,
            "is_bot": self.person.is_bot,
            "source": "tracker",
            **own,
        }

    def new_id(self) -> str:
        """An event id as the tracker generates it."""
        return uuid7(self.now, self.rng)

    def entry(
        self, stream: str, kind: str, sent: dict[str, Any], event: dict[str, Any]
    ) -> ManifestEntry:
        """A fresh entry of this visit's store."""
        return ManifestEntry(stream, kind, self.shop.store_id, "fresh", sent, event)

    def add(self, path: str, entries: list[ManifestEntry], *, signed: bool = False) -> None:
        """Adds the next request of this visitor, or, if `signed`, of the shop's server."""
        request = BeaconRequest(path, entries, self.person.ip, self.person.user_agent)
        request.proof = "signing" if signed else "key"
        self.requests.append(request)


def text_of(value: object) -> str | None:
    """A value as it is stored in a column of text."""
    return None if value is None else str(value)


def money_as_sent(rng: Random, value: Decimal) -> str | float:
    """Money as clients send it: text, or a number of at most two decimals."""
    return str(value) if rng.random() < 0.5 else float(value)


def id_as_sent(rng: Random, product_id: str) -> str | int:
    """A product's id as clients send it: text, or a number."""
    return int(product_id) if rng.random() < 0.3 else product_id
