"""Beacons for the load, with what each must look like once it is decoded.

Seeded; no clock of its own. Sessions are few and long, so that retries, repeats and rebalances
meet events of the same session again and again; times lie hours back, in any order, so that
sessions merge.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from typing import Any

from tests.fault.maker import STORES, BodyAndFields
from tests.fault.makers import MAKERS
from tests.fault.outcomes import Sent

ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
MINUTE = 60_000


@dataclass(frozen=True)
class Beacon:
    """An event as JSON for its endpoint, and as it must be found in Kafka."""

    json: dict[str, Any]
    sent: Sent


def uuid7(rng: random.Random, milliseconds: int) -> str:
    """A UUID of version 7."""
    value = (milliseconds << 80) | rng.getrandbits(80)
    value = value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    return str(uuid.UUID(int=value))


class Beacons:
    """Makes beacons of one stream for one client; `now` (epoch ms) is handed in."""

    def __init__(self, stream: str, rng: random.Random) -> None:
        self.stream = stream
        self._rng = rng
        self._sessions = [f"s-{rng.getrandbits(40):010x}" for _ in range(16)]
        self._maker = MAKERS[stream]

    def some(self, count: int, now: int, *, robot: bool) -> list[Beacon]:
        """So many good beacons of one page."""
        beacons: list[Beacon] = []
        while len(beacons) < count:
            body, fields = self._make(now)
            beacons += [
                self._beacon(dict(body), dict(fields), now, robot=robot)
                for _ in range(self._maker.count(self._rng, fields))
            ]
        return beacons[:count]

    def conflicting(self, beacon: Beacon) -> Beacon:
        """The same id and session with other content; the same event where no other has its id."""
        if self._maker.derived_id(beacon.sent.fields) is not None:
            return beacon
        body, fields = dict(beacon.json), dict(beacon.sent.fields)
        wire, name, value = self._maker.conflict
        body[wire] = fields[name] = value
        sent = beacon.sent
        return Beacon(body, Sent(sent.store_id, sent.event_id, sent.stream, True, fields))

    def spoilt(self, now: int) -> Beacon:
        """A beacon with a mistake that the gateway must refuse, whose id no good one has."""
        envelope = self._envelope(now)
        # An id may follow from who the visitor is.
        envelope["visitor_id"] += f"-{self._rng.getrandbits(48)}"
        body, fields = self._maker.make(self._rng, envelope)
        beacon = self._beacon(body, fields, now, robot=False)
        wire, value = self._rng.choice(self._maker.mistakes)
        beacon.json[wire] = value
        sent = beacon.sent
        return Beacon(beacon.json, Sent(sent.store_id, sent.event_id, sent.stream, False))

    def _make(self, now: int) -> BodyAndFields:
        return self._maker.make(self._rng, self._envelope(now))

    def _envelope(self, now: int) -> dict[str, Any]:
        session = self._rng.randrange(len(self._sessions))
        # A session's events spread over its own two hours, so that late ones join its pieces.
        start = now - (3 + session) * 60 * MINUTE
        return {
            "store_id": list(STORES)[session % len(STORES)],
            "session_id": self._sessions[session],
            "visitor_id": f"v-{session}",
            "occurred_at": start + self._rng.randrange(120) * MINUTE,
        }

    def _beacon(
        self, body: dict[str, Any], fields: dict[str, Any], now: int, *, robot: bool
    ) -> Beacon:
        rng = self._rng
        store = fields["store_id"]
        body.pop("occurred_at", None)
        camel = self._maker.camel_case
        if rng.random() < 0.1:
            key = f"order-{rng.getrandbits(64):x}"
            kind = "publishable" if self._maker.headers is None else "secret"
            body["idempotencyKey" if camel else "idempotency_key"] = key
            event_id = str(uuid.uuid5(uuid.UUID(store), f"{self.stream}:{kind}:key:{key}"))
        else:
            event_id = (
                uuid7(rng, now)
                if rng.random() < 0.7
                else str(uuid.UUID(int=rng.getrandbits(128), version=4))
            )
            body["eventId" if camel else "event_id"] = event_id
        event_id = self._maker.derived_id(fields) or event_id
        body["storeId" if camel else "store_id"] = store
        body["timestamp"] = fields["occurred_at"]
        fields["is_bot"] = robot and self._maker.has_user_agent
        return Beacon(body, Sent(store, event_id, self.stream, True, fields))
