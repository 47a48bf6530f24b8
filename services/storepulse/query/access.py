"""Access to the query service: one guard checks every request before anything else sees it.

`access.rules.routes` defines what a route requires. The guard finds the key and checks it before
the body is read and before anything about the path is revealed. No address is trusted with reads or
administration. For a request without a key, the cookie of a console session counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storepulse.access.console_sessions import ConsoleSession
from storepulse.access.keys import ApiKey
from storepulse.access.refusals import refusal_of
from storepulse.access.rules.administration import Caller
from storepulse.access.rules.loopback import is_local
from storepulse.access.rules.needs import (
    Need,
    denial_of,
    denial_without_key,
    is_hidden,
    key_of,
    wants_key,
)
from storepulse.access.rules.routes import Route, Routes
from storepulse.access.rules.signing_in import (
    SESSION_ENDED,
    denial_of_page,
    session_token,
    takes_session,
)
from storepulse.adapters.http.asgi import ClientGone, is_client_gone
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.settings import Settings
from storepulse.domain.clients import AddressRules
from storepulse.domain.errors import Rejected, Transient
from storepulse.query.errors import refusal_of_read
from storepulse.query.key_ring import KeyRing
from storepulse.query.session_ring import SessionRing

#: Where the guard stores the reader in the request's scope.
READER = "storepulse.reader"
#: Where it stores a function that checks the reader again, for long-lived answers. Its awaitable
#: raises what a new request would be refused with.
RECHECK = "storepulse.recheck"
_KEY_HEADERS = frozenset({b"x-api-key", b"authorization"})


@dataclass(frozen=True)
class Reader:
    """What the sender of a request may read: one store, or all (None).

    `name`: identifies the sender in an audit trail, by the first characters of the key. `key` is
    None if the route is open. `session`: the console session that the key is used in, if any.
    """

    store_id: UUID | None = None
    name: str = "api"
    key: ApiKey | None = None
    session: ConsoleSession | None = None

    @property
    def caller(self) -> Caller:
        """The reader in the form that administration takes."""
        if self.key is None:
            return Caller(self.name, scopes=())
        return Caller(self.name, self.key.key_id, tuple(self.key.scopes), self.store_id)

    def store(self, asked: UUID | None) -> UUID | None:
        """The store to read. Raises RequestRefused if it is not the key's own."""
        if self.store_id is None or asked == self.store_id:
            return asked
        if asked is None:
            return self.store_id
        raise RequestRefused(403, "This key belongs to another store", "FORBIDDEN")

    def one_store(self, asked: UUID | None) -> UUID:
        """The one store to read. Raises RequestRefused as `store` does, and Rejected if neither the
        request nor its key names one."""
        store_id = self.store(asked)
        if store_id is None:
            raise Rejected("store_id", "is required: this key reads more than one store")
        return store_id


class RouteGuard:
    """ASGI middleware around all routes.

    `refuse` makes the answer to a refused request at a path, which may be a path that does not
    exist.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        routes: Routes,
        keys: KeyRing,
        sessions: SessionRing,
        refuse: Callable[[str, RequestRefused], Response],
    ) -> None:
        self._app = app
        self._setting = settings.query_require_key
        self._trusted = AddressRules.of(settings.trusted_proxies, settings.trust_forwarded).trusted
        self._routes = routes
        self._keys = keys
        self._sessions = sessions
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"nothing is served over {scope['type']}")
        path: str = scope["path"]
        route = self._routes.find(path, scope.get("raw_path") or path.encode())
        method: str = scope["method"]
        local = self._is_local(scope)
        if route is None or is_hidden(route.need_of(method), local=local):
            refusal = RequestRefused(404, "There is no such path", "NOT_FOUND")
            await self._refuse(path, refusal)(scope, receive, send)
            return
        scope["route"] = route  # the label of metrics, even if no router looks at the path
        if method == "OPTIONS":
            headers = {"Allow": route.allow_header} | _preflight_headers(route, scope["headers"])
            await Response(status_code=204, headers=headers)(scope, receive, send)
            return
        try:
            scope[RECHECK] = partial(self._reader, scope, route.need_of(method), local)
            scope[READER] = reader = await scope[RECHECK]()
            _check_method(route, method)
        except (RequestRefused, Transient) as error:
            await self._refuse(path, refusal_of_read(error))(scope, receive, send)
            return
        if reader.session is not None:
            send = _private_answer(send)
        if method == "HEAD":
            await self._answer_head(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer_head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the head of the answer to GET. A streamed answer is stopped at its first part."""
        head = _HeadOnly(send)
        try:
            await self._app({**scope, "method": "GET"}, receive, head.send)
        except Exception as error:
            if not (head.is_sent and is_client_gone(error)):
                raise

    def _is_local(self, scope: Scope) -> bool:
        client = scope.get("client")
        return is_local(client[0] if client else None, scope["headers"], self._trusted)

    async def _reader(self, scope: Scope, need: Need, local: bool) -> Reader:
        """Find the reader. Raises RequestRefused, or Transient if keys cannot be looked up."""
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        if not wants_key(need, self._setting, local=local):
            return Reader()
        sent = {name: value for name, value in headers if name in _KEY_HEADERS}
        sent_key = key_of(sent.get(b"x-api-key"), sent.get(b"authorization"))
        if sent_key is None:
            return await self._reader_of_session(scope, need)
        key = await self._keys.find(sent_key)
        denied = denial_of(need, key)
        if denied is not None:
            raise refusal_of(denied)
        assert key is not None  # noqa: S101 - else it was denied
        return Reader(key.store_id, key.hint, key)

    async def _reader_of_session(self, scope: Scope, need: Need) -> Reader:
        """Find the reader by a session cookie. Raises as `_reader` does."""
        method: str = scope["method"]
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        token = session_token(headers) if takes_session(need, method) else None
        if token is None:
            raise refusal_of(denial_without_key(need))
        if denied := denial_of_page(method, headers):
            raise refusal_of(denied)
        session = await self._sessions.find(token)
        if session is None or session.key.revoked:
            raise refusal_of(SESSION_ENDED)
        key = session.key
        if denied := denial_of(need, key):
            raise refusal_of(denied)
        return Reader(key.store_id, key.hint, key, session)


def _private_answer(send: Send) -> Send:
    """Keep answers to cookies out of caches and out of pages of other sites."""

    async def send_privately(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message.get("headers", ())))
            headers.setdefault("cache-control", "no-store")
            headers["x-content-type-options"] = "nosniff"
            headers["cross-origin-resource-policy"] = "same-origin"
            message = {**message, "headers": headers.raw}
        await send(message)

    return send_privately


def _preflight_headers(route: Route, sent: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Let pages of other origins send requests to which tracing libraries added headers.

    The answer itself says which page may read it.
    """
    of_pages = [method for method, need in route.needs.items() if need.of_pages]
    if not of_pages or all(name != b"access-control-request-method" for name, _ in sent):
        return {}
    return {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": of_pages[0],
        "Access-Control-Allow-Headers": "*",
        "Access-Control-Max-Age": "86400",
    }


def _check_method(route: Route, method: str) -> None:
    """Raises RequestRefused 405."""
    if not route.serves(method):
        raise RequestRefused(
            405,
            "This path does not take this method",
            "METHOD_NOT_ALLOWED",
            headers=((b"allow", route.allow_header.encode()),),
        )


class _HeadOnly:
    """Sends the head of an answer to GET, with its Content-Length, and none of its body."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_sent = False

    async def send(self, message: Message) -> None:
        """Take a message from the application. Raises ClientGone at the first part of a stream."""
        if message["type"] == "http.response.start":
            await self._send(message)
            return
        if not self.is_sent:
            self.is_sent = True
            await self._send({"type": "http.response.body", "body": b""})
        if message.get("more_body", False):
            raise ClientGone("the head is all that was asked for")
