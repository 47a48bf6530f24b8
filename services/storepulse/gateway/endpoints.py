"""The collection paths: every stream's, Segment's, and `/collect`, whose body names the stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from storepulse.access.rules.needs import COLLECT, OPEN, SIGNED, WRITE_KEY
from storepulse.access.rules.routes import OF_EACH, PASSED, Table
from storepulse.adapters.settings import Settings
from storepulse.domain.ratelimit import RateWindow
from storepulse.gateway.experiments.paths import PUBLIC_READS
from storepulse.gateway.plan_limits import PAYMENT_REQUIRED
from storepulse.gateway.segment.batches import MAIN
from storepulse.gateway.segment.calls import BODY_BYTES, PATHS
from storepulse.gateway.segment.messages import MessageType
from storepulse.gateway.tracker.files import TRACKER, TRACKER_FILE
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import EVENTS, BeaconsOf, Limit

#: Accepts events of any stream, named in the body.
ANY_STREAM = "/collect"
COLLECTION: Table = {
    ("POST", ANY_STREAM): COLLECT,
    **{
        ("POST", endpoint.path): COLLECT if endpoint.door == "key" else SIGNED
        for stream in STREAMS.values()
        for endpoint in stream.endpoints
    },
    **{("POST", path): WRITE_KEY for path in PATHS},
}
#: Segment's library for web pages requests it before it sends.
SEGMENT_SETTINGS = "/v1/projects/{write_key}/settings"
#: The paths that are open to pages of shops.
OF_PAGES: Table = {**COLLECTION, **PUBLIC_READS}
#: The gateway's own paths; with `PASSED`, also the passages.
GATEWAY: Table = {
    **OF_EACH,
    **{("GET", path): OPEN for path in (SEGMENT_SETTINGS, TRACKER, TRACKER_FILE)},
    **OF_PAGES,
}
PASSING_GATEWAY: Table = {**PASSED, **GATEWAY}


@dataclass(frozen=True)
class Endpoint:
    """One POST path. `one`: the body is one event, else a batch; `lists`: it may be either.

    `stream` is None if the body names it. `limit` is the metric's label. `source` is the events'
    source without a secret key. `body_bytes` is the limit of its bodies. `door` (None if any key
    may send) and `beacons_of` are those of `StreamEndpoint`. `is_webhook`: its sender does not keep
    refused events. `is_segment`: it accepts Segment's calls of the type `segment`, or batches of
    them; `stream` is then the one that refused messages are counted in. `limited_status`: the
    status of refusals by a store's plan; Segment's clients drop events on 402 and keep them on 429.
    `states`: fields that the path states for its events; `parameter`: the field that its last
    segment states.
    """

    path: str
    stream: str | None
    one: bool
    limit: str
    windows: tuple[RateWindow, ...]
    source: str = "tracker"
    cart_answer: bool = False
    lists: bool = False
    door: str | None = None
    beacons_of: BeaconsOf | None = None
    status: int = 202
    body_bytes: int = 0
    is_webhook: bool = False
    is_segment: bool = False
    segment: MessageType | None = None
    limited_status: int = PAYMENT_REQUIRED
    states: Mapping[str, str] = field(default_factory=dict, hash=False)
    parameter: str | None = None


def endpoints(settings: Settings) -> dict[str, Endpoint]:
    """All endpoints by path. Endpoints with the same limit share its counters."""
    windows: dict[Limit, tuple[RateWindow, ...]] = {}
    usual = settings.gateway_max_body_bytes
    webhook = max(usual, settings.gateway_max_webhook_bytes)

    def windows_of(limit: Limit) -> tuple[RateWindow, ...]:
        if limit not in windows:
            windows[limit] = tuple(
                RateWindow(getattr(settings, setting), seconds)
                for setting, seconds in limit.windows
            )
        return windows[limit]

    table = [
        Endpoint(
            path=endpoint.path,
            stream=stream.name,
            one=not endpoint.batch,
            limit=endpoint.limit.name,
            windows=windows_of(endpoint.limit),
            source=endpoint.source,
            cart_answer=endpoint.answer == "cart",
            lists=endpoint.lists,
            door=None if endpoint.door == "key" else endpoint.door,
            beacons_of=endpoint.beacons_of,
            status=202 if endpoint.answer == "accepted" else 200,
            body_bytes=webhook if endpoint.is_large else usual,
            is_webhook=endpoint.answer == "webhook",
            states=endpoint.states,
            parameter=endpoint.parameter,
        )
        for stream in STREAMS.values()
        for endpoint in stream.endpoints
    ]
    table.append(
        Endpoint(ANY_STREAM, None, False, EVENTS.name, windows_of(EVENTS), body_bytes=usual)
    )
    table += [
        Endpoint(
            path,
            MAIN,
            kind is not None,
            EVENTS.name,
            windows_of(EVENTS),
            status=200,
            body_bytes=max(usual, BODY_BYTES),
            is_segment=True,
            limited_status=429,
            segment=kind,
        )
        for path, kind in PATHS.items()
    ]
    return {endpoint.path: endpoint for endpoint in table}
