"""Requests as bytes, made before the clock starts: heatmap beacons of many visitors.

Each visitor has an address of its own in X-Forwarded-For, so that the gateway's limits are checked
at every request and hit by none. `REPEATED` of the events carry an id and a time of their own; as
the requests are sent in a circle, these are duplicates from the second turn on. The others carry
neither, so that they are new events each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from bench.traffic import AGENT, Beacon, Shape, beacons

SINGLE, BATCH = "/api/heatmap/track", "/api/heatmap/track-batch"
#: 200 requests a minute and address are allowed: this many addresses take 66,000 requests/s.
VISITORS = 20_000
REPEATED = 0.1
HOST = "127.0.0.1"


def body_of(beacon: Beacon, *, identified: bool) -> dict[str, object]:
    """A beacon as the tracker sends it: published names, nothing that is null."""
    fields = {name: value for name, value in beacon._asdict().items() if value is not None}
    fields["type"] = fields.pop("kind")
    event_id, occurred_at = fields.pop("event_id"), fields.pop("occurred_at")
    if identified:
        fields |= {"event_id": event_id, "timestamp": occurred_at}
    return fields


def request(path: str, document: object, visitor: int) -> bytes:
    """One POST with the headers that a browser's beacon has."""
    body = json.dumps(document, separators=(",", ":")).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
        f"User-Agent: {AGENT}\r\nOrigin: https://shop.example\r\n"
        f"X-Forwarded-For: {_address_of(visitor)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def read_requests(targets: list[str]) -> list[bytes]:
    """A GET of each target with the headers that a page's request has."""
    return [
        (
            f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: {AGENT}\r\n"
            f"Accept: */*\r\nOrigin: https://shop.example\r\n"
            f"X-Forwarded-For: {_address_of(number % VISITORS)}\r\n\r\n"
        ).encode()
        for number, target in enumerate(targets)
    ]


def _address_of(visitor: int) -> str:
    return f"100.{64 + visitor // 65_536 % 64}.{visitor // 256 % 256}.{visitor % 256}"


def requests(batch: int, now_ms: int, *, all_identified: bool, events: int) -> list[bytes]:
    """At least `events` events in requests of `batch` (1: the single path). All have ids and times
    where `all_identified`, as the tracker's have; else REPEATED of them."""
    source = beacons(Shape(), now_ms - 60_000, now_ms - 1_000, events + batch)
    every = 1 if all_identified else round(1 / REPEATED)
    bodies = (body_of(b, identified=n % every == 0) for n, b in enumerate(source))
    if batch == 1:
        return [request(SINGLE, body, n % VISITORS) for n, body in enumerate(bodies)]
    return [
        request(BATCH, {"events": events_}, n % VISITORS)
        for n, events_ in enumerate(_batches(bodies, batch))
    ]


def _batches(bodies: Iterator[dict[str, object]], size: int) -> Iterator[list[dict[str, object]]]:
    while len(piece := list(islice(bodies, size))) == size:
        yield piece
