"""Who may read what.

Where `query_require_key` asks for it (unset: whenever the service does not listen on loopback),
reads want a secret key with the scope `read`, operations one with `ops`; administration wants one
with `admin` unless the setting is off:
`Authorization: Bearer ssk_…`, `X-Api-Key`, or the password of basic authentication, which is how
schema registry clients send one. A key that is tied to a store reads that store and no other.
A revoked key is refused within `KEPT_SECONDS`.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from fastapi import Request

from storepulse.adapters.database import Database
from storepulse.adapters.keys import PREFIXES, ApiKey, hash_of
from storepulse.adapters.named_sql import named_sql
from storepulse.adapters.settings import Settings
from storepulse.domain.delivery.addresses import is_loopback
from storepulse.query.errors import Refused

KEPT_SECONDS = 2.0
KEPT_KEYS = 10_000


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


class KeyRing:
    """Keys by their hash, each remembered for a moment."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[bytes, tuple[float, ApiKey | None]] = {}

    async def find(self, key: str) -> ApiKey | None:
        """The stored key, revoked or not; None for one that was never made."""
        hashed = hash_of(key)
        now = monotonic()
        kept = self._kept.get(hashed)
        if kept is not None and now - kept[0] < KEPT_SECONDS:
            return kept[1]
        statement = named_sql("query/service")["key"]
        found = await self._database.instance(ApiKey, statement, {"key_hash": hashed})
        if len(self._kept) >= KEPT_KEYS:
            self._kept.clear()
        self._kept[hashed] = (now, found)
        return found


def key_required(settings: Settings) -> bool:
    """Whether reads want a key."""
    if settings.query_require_key is not None:
        return settings.query_require_key
    return not _loopback(settings.query_host)


def admin_key_required(settings: Settings) -> bool:
    """Whether administration wants a key: on loopback too, which web pages can reach."""
    return settings.query_require_key is not False


def _loopback(host: str) -> bool:
    return host == "localhost" or is_loopback(host)


def sent_key(request: Request) -> str | None:
    """The key of a request, wherever a client may put it."""
    if key := request.headers.get("x-api-key"):
        return key
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return credentials.strip() or None
        case "basic":
            try:
                return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return None
    return None


async def holder(request: Request, scope: str) -> Reader:
    """Who sent a request to a path that wants `scope`. Raises Refused."""
    state = request.app.state
    # Web pages reach loopback too: whatever changes something wants a key there as well.
    changes = scope == "admin" or (scope == "ops" and request.method == "POST")
    if not (state.admin_key_required if changes else state.key_required):
        return Reader()
    challenge = {"WWW-Authenticate": 'Bearer realm="storepulse"'}
    key = sent_key(request)
    if not key:
        message = f"A secret key with scope {scope} is required"
        raise Refused(401, message, "KEY_REQUIRED", challenge)
    found = None
    if key.startswith(tuple(PREFIXES.values())):
        ring: KeyRing = request.app.state.keys
        found = await ring.find(key)
    if found is None or found.revoked:
        raise Refused(401, "The key is unknown or revoked", "KEY_INVALID", challenge)
    if found.kind != "secret" or not found.allows(scope):
        raise Refused(403, f"The key does not have the scope {scope}", "FORBIDDEN")
    return Reader(found.store_id, found.hint)
