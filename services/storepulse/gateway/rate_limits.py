"""How many requests an address, a key and a session may send.

Rules: a secret key that may send events, and a signature of a store, are limited by themselves
alone, since a shop's servers share few addresses. A publishable key is that of a shop's pages, and
their visitors share addresses too: each session has a limit, and its address a much wider one.
Everything else uses up its address's allowance: wrong keys and signatures too, so that nobody can
try many.

A key may stand in the body, which is read after the address was counted. So a call beyond the
address's limit is read on while the wider one has room, and is refused then unless its key is
publishable. What such a key has used up of the usual limit is given back.
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

#: How many visitors of shops' pages an address stands for.
VISITORS_OF_ADDRESS = 10


class RateLimits:
    """Counts calls. The tightest decision stands in the answer's headers."""

    def __init__(self, settings: Settings) -> None:
        self._is_enabled = settings.rate_limits_enabled
        self._key_window = (
            RateWindow(settings.limit_key_per_minute, 60.0)
            if settings.limit_key_per_minute
            else None
        )
        self._session_window = RateWindow(settings.limit_session_per_minute, MINUTE)
        #: Of addresses of shops' visitors, by the limit's name.
        self._wide: dict[str, tuple[RateWindow, ...]] = {}

    def count_sender(self, call: Call, endpoint: Endpoint) -> None:
        """Counts a call with events against its address, unless its head shows a secret key that
        may send them. One over the limit has an `excess`, where its body may show a publishable
        key. Raises RequestRefused 429."""
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
        """What a call gets that is over its address's limit and has shown no key that has a wider
        one, whatever else is wrong with it; None for other calls."""
        excess, call.excess = call.excess, None
        return None if excess is None else _refusal_of(endpoint.limit, excess)

    def count_visitor(self, call: Call, endpoint: Endpoint, session_id: str | None) -> None:
        """Counts a call whose key was checked, if that is a publishable one, against the session of
        its first event; without a session, against its address. Raises RequestRefused 429."""
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
        """Counts a call that asks for what visitors see against its address, widely with a
        publishable key, unless a secret one makes it. `name` labels the metric. Raises
        RequestRefused 429."""
        key = call.known_key
        if _is_of_pages(key):
            self._count_widely(call, name, windows)
        elif not _is_servers(key):
            self.count_address(call, name, windows)

    def count_asker(self, call: Call, window: RateWindow, unit: str) -> None:
        """Counts such a call of a page against the visitor who asks. Raises RequestRefused 429."""
        key = call.api_key
        if self._is_enabled and key is not None and key.kind == "publishable" and unit:
            self._take(call, "session", window.take(f"{key.key_id}:{unit}", monotonic()))

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
        self._take(call, "key", self._key_window.take(str(key.key_id), monotonic()))

    def _count_widely(self, call: Call, name: str, windows: tuple[RateWindow, ...]) -> None:
        """Counts the call against the limit of an address with many visitors."""
        wide = self._wide.get(name)
        if wide is None:
            wide = self._wide[name] = tuple(
                RateWindow(window.limit * VISITORS_OF_ADDRESS, window.seconds) for window in windows
            )
        self.count_address(call, name, wide)

    def _take(self, call: Call, name: str, decision: Decision) -> None:
        """Shows a further decision where it is the tightest. Raises RequestRefused 429."""
        if not decision.allowed:
            call.decision = decision
            raise _refusal_of(name, decision)
        if call.decision is None or decision.remaining < call.decision.remaining:
            call.decision = decision


def _is_servers(key: ApiKey | None) -> bool:
    """Whether a key is one that servers send events with."""
    return key is not None and key.kind == "secret" and key.allows("ingest")


def _is_of_pages(key: ApiKey | None) -> bool:
    """Whether a key is one that pages send events with."""
    return key is not None and key.kind == "publishable" and key.allows("ingest")


def _refusal_of(name: str, decision: Decision) -> RequestRefused:
    metrics.RATE_LIMITED.labels(name).inc()
    seconds = decision.reset_seconds
    message = f"Rate limit of {decision.limit} requests exceeded, try again in {seconds} seconds"
    return RequestRefused.rate_limited(message, seconds)
