"""One request as the gateway sees it: who calls, with which key, under which ids.

`Caller` turns a request's head into a `Call` and carries the checks that every request meets: rate
limits per address and per key, keys and origins. What a path wants of a key: `access.rules.needs`.
"""

from __future__ import annotations

import os
from itertools import count
from time import monotonic
from urllib.parse import parse_qsl

from storepulse.access.key_table import KeyTable
from storepulse.access.keys import ApiKey
from storepulse.access.refusals import keys_not_loaded, refusal_of
from storepulse.access.rules.loopback import is_local
from storepulse.access.rules.needs import (
    COLLECT,
    Need,
    denial_of,
    denial_without_key,
    key_of,
    wants_key,
)
from storepulse.adapters import metrics
from storepulse.adapters.http.errors import Header, RequestRefused
from storepulse.adapters.settings import Settings
from storepulse.domain.addresses import is_loopback
from storepulse.domain.clients import AddressRules, canonical_ip, limited_as
from storepulse.domain.identity import is_correlation
from storepulse.domain.ratelimit import Decision, Window, take_all
from storepulse.gateway import origins


class Call:
    """One request. `headers` holds the last of repeated headers, X-Forwarded-For all of them;
    `pairs` has them as they came, `peer` is who holds the other end of the connection, `cors` the
    header lines for a page of another origin."""

    __slots__ = (
        "api_key",
        "correlation",
        "cors",
        "debug",
        "decision",
        "headers",
        "ip",
        "key",
        "pairs",
        "peer",
        "request_id",
        "sent_correlation",
    )

    def __init__(
        self,
        pairs: list[Header],
        headers: dict[bytes, bytes],
        peer: str | None,
        request_id: str,
        ip: str,
    ) -> None:
        self.pairs = pairs
        self.headers = headers
        self.peer = peer
        self.request_id = request_id
        self.ip = ip
        self.sent_correlation: str | None = None
        self.correlation = request_id
        self.decision: Decision | None = None
        self.key: str | None = None
        self.api_key: ApiKey | None = None
        self.debug = False
        self.cors = ""

    def text(self, header: bytes) -> str:
        """A header as text, "" where it is absent."""
        value = self.headers.get(header)
        return "" if value is None else value.decode("latin-1")

    def answer_lines(self, length: int) -> bytes:
        """The header lines that every JSON answer carries, each with its line end."""
        # Text until the end: formatting bytes costs more.
        lines = (
            f"content-type: application/json\r\ncontent-length: {length}\r\n"
            f"x-request-id: {self.request_id}\r\nx-correlation-id: {self.correlation}\r\n"
        )
        decision = self.decision
        if decision is not None:
            lines += (
                f"ratelimit-limit: {decision.limit}\r\nratelimit-remaining: {decision.remaining}"
                f"\r\nratelimit-reset: {decision.reset_seconds}\r\n"
            )
        if self.cors:
            lines += self.cors
        return lines.encode("latin-1")

    def answer_headers(self, length: int) -> list[Header]:
        """The same as pairs, for ASGI."""
        pairs = (line.split(b": ", 1) for line in self.answer_lines(length).split(b"\r\n")[:-1])
        return [(name, value) for name, value in pairs]


class Caller:
    """Makes calls and checks them."""

    def __init__(self, settings: Settings, keys: KeyTable) -> None:
        self._rules = AddressRules.of(settings.trusted_proxies, settings.trust_forwarded)
        self._keys = keys
        self._limited = settings.rate_limits_enabled
        self._correlation_header = settings.correlation_header.lower().encode()
        self._setting = settings.gateway_require_key
        host = settings.gateway_host
        #: Whether some calls can only be served once keys are known.
        self.key_required = (
            not (host == "localhost" or is_loopback(host))
            if self._setting is None
            else self._setting
        )
        self._key_window = (
            Window(settings.limit_key_per_minute, 60.0) if settings.limit_key_per_minute else None
        )
        self._prefix = os.urandom(4).hex()
        self._numbers = count(1)

    @property
    def why_not(self) -> str:
        """Why no call could be authorised yet; empty where calls can be."""
        if self.key_required and not self._keys.is_loaded:
            return "API keys are not known yet"
        return ""

    def call(
        self,
        pairs: list[Header],
        client: tuple[str, int] | None,
        query: bytes,
        *,
        collecting: bool = False,
    ) -> Call:
        """The call of a request. Raises nothing: bad keys are found when they are checked.

        `collecting`: of a path that takes events, whose answers pages of other origins may read.
        """
        headers: dict[bytes, bytes] = dict(pairs)
        if len(headers) != len(pairs):
            _join_forwarded(headers, pairs)
        peer = client[0] if client else "127.0.0.1"
        if ":" in peer:
            peer = canonical_ip(peer) or peer
        connected = client[0] if client else None
        call = Call(pairs, headers, connected, f"{self._prefix}-{next(self._numbers):x}", peer)
        sent = headers.get(self._correlation_header)
        if sent is not None:
            text = sent.decode("latin-1")
            if is_correlation(text) is not None:
                call.sent_correlation = call.correlation = text
        if query:
            parameters = dict(parse_qsl(query.decode("latin-1")))
            call.key = parameters.get("key")
            call.debug = parameters.get("debug") == "1"
        if b"authorization" in headers or b"x-api-key" in headers:
            in_header = key_of(headers.get(b"x-api-key"), headers.get(b"authorization"))
            if in_header is not None:
                call.key = in_header
        if collecting and b"origin" in headers:
            known = self._keys.find(call.key) if call.key else None
            call.cors = origins.answer_lines(known, call.text(b"origin"))
        if b"x-forwarded-for" in headers or b"x-real-ip" in headers:
            found = self._keys.find(call.key) if call.key else None
            self._take_stated_address(call, found)
        return call

    def _take_stated_address(self, call: Call, key: ApiKey | None) -> None:
        """Lets the headers say who the visitor is, as far as they are believed."""
        headers = call.headers
        call.ip = self._rules.client(
            call.ip,
            headers.get(b"x-forwarded-for", b"").decode("latin-1"),
            headers.get(b"x-real-ip", b"").decode("latin-1"),
            secret=key is not None and key.kind == "secret" and not key.revoked,
        )

    def is_known(self, call: Call) -> bool:
        """Whether the call shows a key of ours; its body may not have been read."""
        if call.api_key is not None:
            return True
        found = self._keys.find(call.key) if call.key else None
        return found is not None and not found.revoked

    def is_local(self, call: Call, *, collecting: bool = False) -> bool:
        """Whether a call comes from this machine."""
        return is_local(call.peer, call.pairs, self._rules.trusted, collecting=collecting)

    def admit(self, call: Call, need: Need) -> None:
        """Lets a call to a path of our own pass. Raises RequestRefused 401, 403 or 503."""
        if not wants_key(need, self._setting, local=self.is_local(call)):
            return
        self._keys.check(need, key_in_header(call))

    def refuse_early(self, call: Call, need: Need) -> None:
        """Refuses what the query service would. Raises RequestRefused 401 or 403.

        A key that is not known here may be a new one: the query service decides.
        """
        if need.opened != "never":
            return
        key = key_in_header(call)
        if key is None:
            raise refusal_of(denial_without_key(need))
        found = self._keys.find(key)
        if found is not None and (denied := denial_of(need, found)) is not None:
            raise refusal_of(denied)

    def preflight(self, call: Call) -> tuple[Header, ...]:
        """The headers that answer the preflight of a collection path. Raises RequestRefused 403."""
        key = self._keys.find(call.key) if call.key else None
        headers = origins.preflight(key, call.headers.get(b"origin", b""))
        if headers is None:
            raise RequestRefused(
                403, "The origin is not allowed for this key", "ORIGIN_NOT_ALLOWED"
            )
        return headers

    def limit(self, call: Call, name: str, windows: tuple[Window, ...]) -> None:
        """Counts the call against its address. Raises RequestRefused 429."""
        if not self._limited:
            return
        call.decision = decision = take_all(windows, limited_as(call.ip), monotonic())
        if not decision.allowed:
            self._refuse(name, decision)

    def authorise(self, call: Call, body_key: str | None, scope: str) -> None:
        """Finds the call's key and checks it. Raises RequestRefused 401, 403 or 429."""
        text = call.key or body_key
        if not text:
            local = self._setting is None and self.is_local(call, collecting=True)
            if wants_key(COLLECT, self._setting, local=local):
                raise RequestRefused(401, "An API key is required", "KEY_REQUIRED")
            return
        found = self._keys.find(text)
        if found is None:
            if not self._keys.is_loaded:
                raise keys_not_loaded()
            raise RequestRefused(401, "The API key is not known", "INVALID_KEY")
        if found.revoked:
            raise RequestRefused(401, "The API key is revoked", "REVOKED_KEY")
        if not found.allows(scope):
            raise RequestRefused(403, f"The API key has no scope {scope}", "SCOPE_MISSING")
        if found.origins and b"origin" in call.headers:
            origin = call.text(b"origin")
            call.cors = origins.answer_lines(found, origin)
            if not origins.allows(found, origin):
                raise RequestRefused(
                    403, "The origin is not allowed for this key", "ORIGIN_NOT_ALLOWED"
                )
        call.api_key = found
        if not call.key and (b"x-forwarded-for" in call.headers or b"x-real-ip" in call.headers):
            self._take_stated_address(call, found)
        if self._key_window is not None and self._limited:
            decision = self._key_window.take(str(found.key_id), monotonic())
            if call.decision is None or decision.remaining < call.decision.remaining:
                call.decision = decision
            if not decision.allowed:
                self._refuse("key", decision)

    def _refuse(self, name: str, decision: Decision) -> None:
        metrics.RATE_LIMITED.labels(name).inc()
        seconds = decision.reset_seconds
        raise RequestRefused(
            429,
            f"Rate limit of {decision.limit} requests exceeded, try again in {seconds} seconds",
            "RATE_LIMITED",
            headers=((b"retry-after", b"%d" % seconds),),
        )


def key_in_header(call: Call) -> str | None:
    """The key of a call that sends no events: reads take none from the address."""
    return key_of(call.headers.get(b"x-api-key"), call.headers.get(b"authorization"))


def _join_forwarded(headers: dict[bytes, bytes], pairs: list[Header]) -> None:
    """Repeated X-Forwarded-For headers are one list, in the order of their lines."""
    lists = [value for name, value in pairs if name == b"x-forwarded-for"]
    if len(lists) > 1:
        headers[b"x-forwarded-for"] = b", ".join(lists)
