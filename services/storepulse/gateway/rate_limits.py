"""Limit how many requests an address, a key and a session may send.

A secret key that may send events, and a store's signature, have a limit of their own and none by
address, since a shop's servers share few addresses. A publishable key is used by a shop's pages,
whose visitors share addresses too: each session has a limit, and its address a much wider one. All
other calls count against their address, also those with wrong keys and signatures, so that keys
cannot be guessed.

A key may be in the body, which is read after the address was counted. A call beyond the address's
limit is therefore read on while the wider limit has room, and is then refused unless its key is
publishable. What such a key used of the usual limit is given back.
"""

from __future__ import annotations

from time import monotonic

from storepulse.access.keys import ApiKey
from storepulse.adapters import metrics
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.settings import Settings
from storepulse.domain.clients import limited_as
from storepulse.domain.ratelimit import MINUTE, Decision, RateWindow, take_all
from storepulse.gateway.call import Call
from storepulse.gateway.endpoints import Endpoint

#: How many visitors of shops' pages may share an address.
VISITORS_OF_ADDRESS = 10


class RateLimits:
    """Counts calls. The answer's headers show the tightest decision."""

    def __init__(self, settings: Settings) -> None:
        self._is_enabled = settings.rate_limits_enabled
        self._key_window = (
            RateWindow(settings.limit_key_per_minute, 60.0)
            if settings.limit_key_per_minute
            else None
        )
        self._session_window = RateWindow(settings.limit_session_per_minute, MINUTE)
        #: The wide limits of addresses with many visitors, by the limit's name.
        self._wide: dict[str, tuple[RateWindow, ...]] = {}

    def count_sender(self, call: Call, endpoint: Endpoint) -> None:
        """Count a call with events against its address, unless its head has a secret key for
        ingestion.

        A call over the limit gets an `excess` if its body may hold a publishable key. Raises
        RequestRefused 429.
        """
        key = call.known_key
        if not self._is_enabled or _is_servers(key):
            return
        if _is_of_pages(key):
            self._count_widely(call, endpoint.limit, endpoint.windows)
            return
        usual = take_all(endpoint.windows, limited_as(call.ip), monotonic())
        if not usual.allowed:
            if call.sent_key is not None:
                call.decision = usual
                raise _refusal_of(endpoint.limit, usual)
            self._count_widely(call, endpoint.limit, endpoint.windows)
            call.excess = usual
        call.decision = usual

    def refusal_of_excess(self, call: Call, endpoint: Endpoint) -> RequestRefused | None:
        """The refusal of a call over its address's limit that has shown no key with a wider limit.

        It takes precedence over other errors. None for other calls.
        """
        excess, call.excess = call.excess, None
        return None if excess is None else _refusal_of(endpoint.limit, excess)

    def count_visitor(self, call: Call, endpoint: Endpoint, session_id: str | None) -> None:
        """Count a call with a checked publishable key against the session of its first event.

        Without a session, it is counted against its address. Raises RequestRefused 429.
        """
        key = call.api_key
        is_of_pages = key is not None and key.kind == "publishable"
        if (not is_of_pages or not session_id) and (
            refusal := self.refusal_of_excess(call, endpoint)
        ):
            raise refusal
        if key is None or not is_of_pages or not self._is_enabled:
            return
        is_key_of_body = call.known_key is None
        if not session_id:
            if not is_key_of_body:
                self.count_address(call, endpoint.limit, endpoint.windows)
            return
        if call.excess is None and is_key_of_body:
            for usual in endpoint.windows:
                usual.give_back(limited_as(call.ip))
            self._count_widely(call, endpoint.limit, endpoint.windows)
        call.excess = None
        window = self._session_window
        self._take(call, "session", window.take(f"{key.key_id}:{session_id}", monotonic()))

    def count_caller(self, call: Call, name: str, windows: tuple[RateWindow, ...]) -> None:
        """Count a read of what visitors see against its address.

        The wide limit applies to a publishable key, no limit to a secret one for ingestion. `name`
        labels the metric. Raises RequestRefused 429.
        """
        key = call.known_key
        if _is_of_pages(key):
            self._count_widely(call, name, windows)
        elif not _is_servers(key):
            self.count_address(call, name, windows)

    def count_asker(self, call: Call, window: RateWindow, unit: str) -> None:
        """Count such a read of a page against its visitor. Raises RequestRefused 429."""
        key = call.api_key
        if self._is_enabled and key is not None and key.kind == "publishable" and unit:
            self._take(call, "session", window.take(f"{key.key_id}:{unit}", monotonic()))

    def count_address(self, call: Call, name: str, windows: tuple[RateWindow, ...]) -> None:
        """Count the call against its address. `name` labels the metric.

        Raises RequestRefused 429.
        """
        if not self._is_enabled:
            return
        call.decision = decision = take_all(windows, limited_as(call.ip), monotonic())
        if not decision.allowed:
            raise _refusal_of(name, decision)

    def count_key(self, call: Call, key: ApiKey) -> None:
        """Count the call against its key. Raises RequestRefused 429."""
        if self._key_window is None or not self._is_enabled:
            return
        self._take(call, "key", self._key_window.take(str(key.key_id), monotonic()))

    def _count_widely(self, call: Call, name: str, windows: tuple[RateWindow, ...]) -> None:
        """Count the call against the limit of an address with many visitors."""
        wide = self._wide.get(name)
        if wide is None:
            wide = self._wide[name] = tuple(
                RateWindow(window.limit * VISITORS_OF_ADDRESS, window.seconds) for window in windows
            )
        self.count_address(call, name, wide)

    def _take(self, call: Call, name: str, decision: Decision) -> None:
        """Show the decision if it is the tightest so far. Raises RequestRefused 429."""
        if not decision.allowed:
            call.decision = decision
            raise _refusal_of(name, decision)
        if call.decision is None or decision.remaining < call.decision.remaining:
            call.decision = decision


def _is_servers(key: ApiKey | None) -> bool:
    """Whether servers send events with this key."""
    return key is not None and key.kind == "secret" and key.allows("ingest")


def _is_of_pages(key: ApiKey | None) -> bool:
    """Whether pages send events with this key."""
    return key is not None and key.kind == "publishable" and key.allows("ingest")


def _refusal_of(name: str, decision: Decision) -> RequestRefused:
    metrics.RATE_LIMITED.labels(name).inc()
    seconds = decision.reset_seconds
    message = f"Rate limit of {decision.limit} requests exceeded, try again in {seconds} seconds"
    return RequestRefused.rate_limited(message, seconds)
