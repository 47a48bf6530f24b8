"""What a route requires from its caller, and how a key is checked. Pure.

Rules: reads and administration require a secret key with their scope, even on loopback, because web
pages can reach loopback too. Routes that are open on loopback require a key elsewhere. Publishable
keys read nothing. A key that is tied to a store is valid for that store only.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

#: Prefixes of publishable and secret keys.
KEY_STARTS = ("spk_", "ssk_")
CHALLENGE = 'Bearer realm="storepulse"'


@dataclass(frozen=True, slots=True)
class Need:
    """What a route requires.

    `opened`: where no key is required. "by token": nowhere, but the route itself checks a token.
    "here alone": on this machine; for all other callers the route does not exist, regardless of key
    and settings.

    `scope`: "" accepts any active secret key. `or_scope`: an alternative scope. `every_store`: keys
    that are tied to a store are refused. `of_pages`: publishable keys are accepted, and pages of
    other origins may call.
    """

    opened: Literal["always", "on loopback", "never", "by token", "here alone"]
    scope: Literal["", "ingest", "read", "ops", "admin"] = ""
    every_store: bool = False
    of_pages: bool = False
    or_scope: Literal["", "admin"] = ""

    def takes(self, scopes: Sequence[str]) -> bool:
        """Whether a key with these scopes may use the route."""
        return not self.scope or self.scope in scopes or self.or_scope in scopes


OPEN = Need("always")
ANY_KEY = Need("on loopback")
#: For pages that contain a key. Callers on other machines do not learn that they exist.
LOCAL = Need("here alone")
METRICS = Need("on loopback", "read", every_store=True)
COLLECT = Need("on loopback", "ingest", of_pages=True)
#: For paths whose clients always have a key.
WRITE_KEY = Need("never", "ingest", of_pages=True)
#: For paths with signed calls from servers; a secret key may replace the signature.
SIGNED = Need("never", "ingest")
SECRET = Need("never")
#: For paths that pages call with a token, which was made with a key.
TOKEN = Need("by token", of_pages=True)
#: For signing in and out, which checks a key, a link or a cookie itself.
SIGN_IN = Need("by token")
READ = Need("never", "read")
#: For definitions that authors read to change them, and readers to understand figures.
READ_OR_ADMIN = Need("never", "read", or_scope="admin")
OPS = Need("never", "ops")
ADMIN = Need("never", "admin")
ADMIN_OF_ALL = Need("never", "admin", every_store=True)


class Credential(Protocol):
    """A stored key."""

    @property
    def kind(self) -> str: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def store_id(self) -> UUID | None: ...
    @property
    def revoked(self) -> bool: ...


class Denied(NamedTuple):
    """Why a call is refused: status 401 or 403."""

    status: int
    code: str
    message: str


def wants_key(need: Need, setting: bool | None, *, local: bool) -> bool:
    """Whether a call requires a key. `local`: it comes from this machine.

    `setting` decides about routes that are open on loopback: True requires a key there too, False
    nowhere, None only elsewhere.
    """
    match need.opened:
        case "always" | "by token":
            return False
        case "never":
            return True
        case "here alone":
            return not local
    return not local if setting is None else setting


def is_hidden(need: Need, *, local: bool) -> bool:
    """Whether a path must look as if it did not exist. `local`: the call comes from this
    machine."""
    return need.opened == "here alone" and not local


def denial_without_key(need: Need) -> Denied:
    """The denial of a call that requires a key and has none."""
    scope = f" with scope {need.scope}" if need.scope else ""
    is_secret = need.opened == "never" and not need.of_pages
    kind = "A secret key" if is_secret else "An API key"
    return Denied(401, "KEY_REQUIRED", f"{kind}{scope} is required")


def denial_of(need: Need, key: Credential | None) -> Denied | None:
    """Why a key may not use a route of reads or administration; None if it may.

    `key` is None if the key does not exist.
    """
    if key is None or key.revoked:
        return Denied(401, "KEY_INVALID", "The key is unknown, revoked or expired")
    if key.kind != "secret" and not need.of_pages:
        what = "may not send these" if need.scope == "ingest" else "only sends"
        return Denied(403, "FORBIDDEN", f"A publishable key {what} events")
    if not need.takes(key.scopes):
        return Denied(403, "FORBIDDEN", f"The key does not have the scope {need.scope}")
    if need.every_store and key.store_id is not None:
        return Denied(403, "FORBIDDEN", "This requires a key that is not tied to a store")
    return None


def key_of(api_key: bytes | None, authorization: bytes | None) -> str | None:
    """The key in X-Api-Key or in Authorization: bearer, or the password or user of basic.

    Basic credentials without one of our prefixes are ignored. A key with bytes beyond ASCII matches
    no stored key.
    """
    if api_key is not None and (stripped := api_key.strip()):
        return stripped.decode("latin-1")
    if authorization is None:
        return None
    scheme, _, credentials = authorization.strip().partition(b" ")
    match scheme.lower():
        case b"bearer":
            return credentials.strip().decode("latin-1") or None
        case b"basic":
            try:
                pair = base64.b64decode(credentials.strip(), validate=True).decode("latin-1")
            except (binascii.Error, ValueError):
                return None
            user, _, password = pair.partition(":")
            return next((key for key in (password, user) if key.startswith(KEY_STARTS)), None)
    return None
