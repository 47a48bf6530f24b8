"""Who may use the query service: one place that looks at every request before anything else does.

What a route wants stands in `domain.routes`; this asks for the key and judges it, before the body
is read and before anything is said about the path. No address is trusted with reads or
administration. A revoked key is refused within `KEPT_SECONDS`; while PostgreSQL is away, keys that
were good stay so for `KNOWN_SECONDS`, others get 503.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storepulse.access.keys import PREFIXES, ApiKey, hash_of
from storepulse.adapters.http.errors import Refused, refused
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.pool import Pool
from storepulse.adapters.settings import Settings
from storepulse.domain.access import Need, no_key, sent_key, wants_key, why_denied
from storepulse.domain.clients import AddressRules
from storepulse.domain.errors import Transient
from storepulse.domain.loopback import is_local
from storepulse.domain.routes import Routes
from storepulse.query import errors

KEPT_SECONDS = 2.0
KNOWN_SECONDS = 300.0
KEPT_KEYS = 10_000
#: How long nobody asks PostgreSQL again after it did not answer.
AWAY_SECONDS = 1.0
#: Where the guard leaves the reader in the request's scope.
READER = "storepulse.reader"


@dataclass(frozen=True)
class Reader:
    """What the sender of a request may read: one store, or all (None).

    `name` says who it was in an audit trail: the first characters of the key.
    """

    store_id: UUID | None = None
    name: str = "api"

    def store(self, asked: UUID | None) -> UUID | None:
        """The store to read. Raises Refused where it is another than the key's own."""
        if self.store_id is None or asked == self.store_id:
            return asked
        if asked is None:
            return self.store_id
        raise Refused(403, "This key belongs to another store", "FORBIDDEN")


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    key: ApiKey


class KeyRing:
    """Keys by their hash, each remembered for a moment; unknown ones apart, so that no flood of
    them makes us forget those that we know."""

    def __init__(self, database: Pool, clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[bytes, _Kept] = {}
        self._unknown: dict[bytes, float] = {}
        self._away_until = 0.0

    async def find(self, key: str) -> ApiKey | None:
        """The stored key, revoked or not; None for one that was never made. Raises Transient."""
        if not key.startswith(tuple(PREFIXES.values())):
            return None
        hashed, now = hash_of(key), self._clock()
        kept = self._known.get(hashed)
        if kept is not None and now - kept.at < KEPT_SECONDS:
            return kept.key
        if now - self._unknown.get(hashed, -KEPT_SECONDS) < KEPT_SECONDS:
            return None
        if now < self._away_until:
            return self._as_known(kept, now)
        statement = named_sql("query/service")["key"]
        try:
            found = await self._database.instance(ApiKey, statement, {"key_hash": hashed})
        except Transient as fault:
            logger().warning("keys_not_looked_up", fault=str(fault))
            self._away_until = self._clock() + AWAY_SECONDS
            return self._as_known(kept, now)
        self._remember(hashed, found, now)
        return found

    def _as_known(self, kept: _Kept | None, now: float) -> ApiKey:
        if kept is None or now - kept.at >= KNOWN_SECONDS:
            raise Transient("keys cannot be looked up")
        return kept.key

    def _remember(self, hashed: bytes, found: ApiKey | None, now: float) -> None:
        kept: dict[bytes, _Kept] | dict[bytes, float]
        kept = self._unknown if found is None else self._known
        if len(kept) >= KEPT_KEYS:
            kept.clear()
        if found is None:
            self._known.pop(hashed, None)
            self._unknown[hashed] = now
        else:
            self._unknown.pop(hashed, None)
            self._known[hashed] = _Kept(now, found)


class Guard:
    """ASGI middleware around all routes. `nothing` answers paths that nobody serves."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        routes: Routes,
        keys: KeyRing,
        nothing: Callable[[str], Response],
    ) -> None:
        self._app = app
        self._setting = settings.query_require_key
        self._trusted = AddressRules.of(settings.trusted_proxies, settings.trust_forwarded).trusted
        self._routes = routes
        self._keys = keys
        self._nothing = nothing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"nothing is served over {scope['type']}")
        path: str = scope["path"]
        entry = self._routes.find(path, scope.get("raw_path") or path.encode())
        if entry is None:
            await self._nothing(path)(scope, receive, send)
            return
        scope["route"] = entry  # the label of metrics, also where nothing else looks at the path
        method: str = scope["method"]
        if method == "OPTIONS":
            await Response(status_code=204, headers={"Allow": entry.allowed})(scope, receive, send)
            return
        try:
            scope[READER] = await self._reader(scope, entry.need(method))
        except Refused as refused:
            await errors.refusal(refused)(scope, receive, send)
            return
        except Transient as fault:
            await errors.unavailable(fault)(scope, receive, send)
            return
        if not entry.serves(method):
            not_allowed = Refused(
                405,
                "This path does not take this method",
                "METHOD_NOT_ALLOWED",
                headers=((b"allow", entry.allowed.encode()),),
            )
            await errors.refusal(not_allowed)(scope, receive, send)
        elif method == "HEAD":
            await self._app({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            await self._app(scope, receive, send)

    async def _reader(self, scope: Scope, need: Need) -> Reader:
        """Who asks. Raises Refused, or Transient where keys cannot be looked up."""
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        client = scope.get("client")
        local = is_local(client[0] if client else None, headers, self._trusted)
        if not wants_key(need, self._setting, local=local):
            return Reader()
        sent = {name: value for name, value in headers if name in _KEY_HEADERS}
        key = sent_key(sent.get(b"x-api-key"), sent.get(b"authorization"))
        if key is None:
            raise refused(no_key(need))
        found = await self._keys.find(key)
        denied = why_denied(need, found)
        if denied is not None:
            raise refused(denied)
        assert found is not None  # noqa: S101 - else it was denied
        return Reader(found.store_id, found.hint)


_KEY_HEADERS = frozenset({b"x-api-key", b"authorization"})


def _without_body(send: Send) -> Send:
    """Sends the head of an answer to GET, with its Content-Length, and none of its body."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
