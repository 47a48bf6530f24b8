"""The demo's requests, made of entries with expected outcomes.

An entry is one beacon. A `fresh` entry has the event as it must be stored. `duplicate` and
`conflict` entries repeat the id of an earlier one, with the same and with other content.
`malformed` entries must be refused, naming `field`. A request's entries are decided when it is
planned; its bytes are made when it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from storepulse.demo.webhook import OrderWebhook
from storepulse.streams.registry import STREAMS

ExpectedOutcome = Literal["fresh", "duplicate", "conflict", "malformed"]

#: Endpoint of each stream for one beacon.
PATHS = {name: stream.path for name, stream in STREAMS.items()}
#: Paths that answer by the published cart contract.
CART_PATHS = {
    endpoint.path
    for stream in STREAMS.values()
    for endpoint in stream.endpoints
    if endpoint.answer == "cart"
}
HEATMAP_BATCH = STREAMS["heatmap"].batch_path
#: Where Segment's clients send.
SEGMENT_BATCH = "/v1/batch"

REFUSAL_STATUSES = (400, 422)


@dataclass(slots=True)
class ManifestEntry:
    """One beacon. `event` is what must be stored; for a repeat, the event of the first copy."""

    stream: str
    kind: str
    store_id: str
    outcome: ExpectedOutcome
    json: dict[str, Any]
    event: dict[str, Any] | None = None
    #: Field that a refusal must name; "" if the whole document is wrong.
    field: str = ""


@dataclass(slots=True)
class BeaconRequest:
    """One HTTP request of a visitor. `raw` replaces the body made of the entries."""

    path: str
    entries: list[ManifestEntry]
    ip: str
    user_agent: str
    raw: bytes | None = None
    content_type: str = "application/json"
    #: How the request is authenticated if shops' secrets are set: the run's key, or a signature.
    proof: Literal["key", "signing", "shopify"] = "key"
    #: The webhook, if it is one. `raw` is then its body, and repeats have all of its entries.
    webhook: OrderWebhook | None = None
    #: Expected statuses if every entry is malformed.
    refusal_statuses: tuple[int, ...] = REFUSAL_STATUSES

    @property
    def is_batch(self) -> bool:
        return self.path == HEATMAP_BATCH

    @property
    def is_of_segment(self) -> bool:
        """Whether its entries are Segment messages instead of beacons."""
        return self.path == SEGMENT_BATCH

    @property
    def fresh(self) -> int:
        return sum(entry.outcome == "fresh" for entry in self.entries)

    @property
    def expects_refusal(self) -> bool:
        return all(entry.outcome == "malformed" for entry in self.entries)

    def body(self) -> bytes:
        """The bytes to send."""
        if self.raw is not None:
            return self.raw
        if self.is_of_segment:
            return msgspec.json.encode({"batch": [entry.json for entry in self.entries]})
        if self.is_batch:
            return msgspec.json.encode({"events": [entry.json for entry in self.entries]})
        if len(self.entries) > 1:
            return msgspec.json.encode([entry.json for entry in self.entries])
        return msgspec.json.encode(self.entries[0].json)

    def cut(self, fresh: int) -> None:
        """Drops the entries after the first `fresh` fresh ones."""
        fresh_so_far = 0
        for index, entry in enumerate(self.entries):
            fresh_so_far += entry.outcome == "fresh"
            if fresh_so_far > fresh:
                del self.entries[index:]
                if self.webhook is not None:
                    # A webhook has at most two events, so one is left.
                    self.webhook = self.webhook.first_alone()
                    self.raw = self.webhook.body()
                    event = self.entries[0].event or {}
                    event["event_id"] = self.webhook.event_id(0)
                return


@dataclass(slots=True)
class Visitor:
    """All requests of one visitor, in the order in which they must be sent."""

    number: int
    requests: list[BeaconRequest] = field(default_factory=list)

    @property
    def fresh(self) -> int:
        return sum(request.fresh for request in self.requests)
