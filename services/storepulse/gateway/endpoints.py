"""The paths that take events: which stream, one event or many, which limits, which answer."""

from __future__ import annotations

from dataclasses import dataclass

from storepulse.adapters.settings import Settings
from storepulse.domain.ratelimit import RateWindow

MINUTE = 60.0
HOUR = 3600.0


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
    """All of them by path. Endpoints of one stream share one limit."""
    cart = (
        RateWindow(settings.limit_cart_per_minute, MINUTE),
        RateWindow(settings.limit_cart_per_hour, HOUR),
    )
    events = (RateWindow(settings.limit_events_per_minute, MINUTE),)
    heatmap = (RateWindow(settings.limit_heatmap_per_minute, MINUTE),)
    table = (
        Endpoint("/api/cart-tracking/track", "cart", True, "cart", cart, cart_answer=True),
        Endpoint("/api/cart-tracking/track-batch", "cart", False, "cart", cart, cart_answer=True),
        Endpoint("/api/customer-activity", "activity", True, "events", events),
        Endpoint("/api/heatmap/track", "heatmap", True, "heatmap", heatmap),
        Endpoint("/api/heatmap/track-batch", "heatmap", False, "heatmap", heatmap),
        Endpoint("/api/v1/landing-pages/events", "landing", True, "events", events),
        Endpoint("/collect", None, False, "events", events),
    )
    return {endpoint.path: endpoint for endpoint in table}
