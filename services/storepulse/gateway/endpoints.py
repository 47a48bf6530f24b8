"""The paths that take events: every stream's, and `/collect`, whose body names the stream."""

from __future__ import annotations

from dataclasses import dataclass

from storepulse.access.rules.needs import COLLECT, COLLECT_SECRETLY
from storepulse.access.rules.routes import OF_EACH, QUERY, Table
from storepulse.adapters.settings import Settings
from storepulse.domain.ratelimit import RateWindow
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import EVENTS, Limit

#: Takes events of any stream: the body names it.
ANY_STREAM = "/collect"
COLLECTION: Table = {
    ("POST", ANY_STREAM): COLLECT,
    **{
        ("POST", endpoint.path): COLLECT_SECRETLY if stream.secret_only else COLLECT
        for stream in STREAMS.values()
        for endpoint in stream.endpoints
    },
}
#: What the gateway serves by itself, then also what it passes on.
GATEWAY: Table = {**OF_EACH, **COLLECTION}
PASSING_GATEWAY: Table = {**QUERY, **GATEWAY}


@dataclass(frozen=True)
class Endpoint:
    """One POST path. `one`: the body is one event, else a batch.

    `stream` is None where the body names it; `limit` is the metric's label; `source` is whose
    events these are without a secret key.
    """

    path: str
    stream: str | None
    one: bool
    limit: str
    windows: tuple[RateWindow, ...]
    source: str = "tracker"
    cart_answer: bool = False


def endpoints(settings: Settings) -> dict[str, Endpoint]:
    """All of them by path. Endpoints with the same limit share its counters."""
    windows: dict[Limit, tuple[RateWindow, ...]] = {}

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
        )
        for stream in STREAMS.values()
        for endpoint in stream.endpoints
    ]
    table.append(Endpoint(ANY_STREAM, None, False, EVENTS.name, windows_of(EVENTS)))
    return {endpoint.path: endpoint for endpoint in table}
