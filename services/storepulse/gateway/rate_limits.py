"""How many requests an address and a key may send.

Rules: a secret key that may send events, and a signature of a store, are limited by themselves
alone, since a shop's servers share few addresses. Everything else uses up its address's allowance:
wrong keys and signatures too, so that nobody can try many.
"""

from __future__ import annotations

from time import monotonic

from storepulse.access.keys import ApiKey
from storepulse.adapters import metrics
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.settings import Settings
from storepulse.domain.clients import limited_as
from storepulse.domain.ratelimit import Decision, RateWindow, take_all
from storepulse.gateway.call import Call
from storepulse.gateway.endpoints import Endpoint


class RateLimits:
    """Counts calls. The tightest decision stands in the answer's headers."""

    def __init__(self, settings: Settings) -> None:
        self._is_enabled = settings.rate_limits_enabled
        self._key_window = (
            RateWindow(settings.limit_key_per_minute, 60.0)
            if settings.limit_key_per_minute
            else None
        )

    def count_sender(self, call: Call, endpoint: Endpoint) -> None:
        """Counts a call with events against its address, unless its head shows a secret key that
        may send them. Raises RequestRefused 429."""
        self.count_caller(call, endpoint.limit, endpoint.windows)

    def count_caller(self, call: Call, name: str, windows: tuple[RateWindow, ...]) -> None:
        """The same of any call that wants the keys of events. `name` labels the metric."""
        key = call.known_key
        if key is None or key.kind != "secret" or not key.allows("ingest"):
            self.count_address(call, name, windows)

    def count_address(self, call: Call, name: str, windows: tuple[RateWindow, ...]) -> None:
        """Counts the call against its address. `name` labels the metric.

        Raises RequestRefused 429.
        """
        if not self._is_enabled:
            return
        call.decision = decision = take_all(windows, limited_as(call.ip), monotonic())
        if not decision.allowed:
            raise _refusal_of(name, decision)

    def count_key(self, call: Call, key: ApiKey) -> None:
        """Counts the call against its key. Raises RequestRefused 429."""
        if self._key_window is None or not self._is_enabled:
            return
        decision = self._key_window.take(str(key.key_id), monotonic())
        if call.decision is None or decision.remaining < call.decision.remaining:
            call.decision = decision
        if not decision.allowed:
            raise _refusal_of("key", decision)


def _refusal_of(name: str, decision: Decision) -> RequestRefused:
    metrics.RATE_LIMITED.labels(name).inc()
    seconds = decision.reset_seconds
    message = f"Rate limit of {decision.limit} requests exceeded, try again in {seconds} seconds"
    return RequestRefused.rate_limited(message, seconds)
