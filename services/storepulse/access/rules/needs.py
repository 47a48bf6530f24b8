"""What a route wants of who calls, and how a key is judged.

Rules: reads and administration want a secret key with their scope, on loopback too: web pages reach
loopback as well. What is open on loopback wants a key elsewhere. Publishable keys read nothing. A
key that is tied to a store is for that store alone.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

#: How publishable and secret keys begin.
KEY_STARTS = ("spk_", "ssk_")
CHALLENGE = 'Bearer realm="storepulse"'


@dataclass(frozen=True, slots=True)
class Need:
    """What a route wants. `opened`: where it needs no key at all; "by token" needs none anywhere,
    but a token that the route itself reads; what is "here alone" is not there for anybody else,
    whatever key they show and whatever the settings say.

    `scope` "" takes any active secret key; `or_scope` opens the route as well; `every_store`
    refuses keys that are tied to a store; `of_pages`: publishable keys do, and pages of other
    origins may call.
    """

    opened: Literal["always", "on loopback", "never", "by token", "here alone"]
    scope: Literal["", "ingest", "read", "ops", "admin"] = ""
    every_store: bool = False
    of_pages: bool = False
    or_scope: Literal["", "admin"] = ""

    def takes(self, scopes: Sequence[str]) -> bool:
        """Whether a key with these scopes has one that opens the route."""
        return not self.scope or self.scope in scopes or self.or_scope in scopes


OPEN = Need("always")
ANY_KEY = Need("on loopback")
#: Of pages that hold a key themselves: who is not at this machine is not even told of them.
LOCAL = Need("here alone")
METRICS = Need("on loopback", "read", every_store=True)
COLLECT = Need("on loopback", "ingest", of_pages=True)
#: Of paths whose clients always have a key.
WRITE_KEY = Need("never", "ingest", of_pages=True)
#: Of paths that servers sign; a secret key may stand in a signature's place.
SIGNED = Need("never", "ingest")
SECRET = Need("never")
#: Of paths that pages call with a token that was made with a key.
TOKEN = Need("by token", of_pages=True)
#: Of signing in and out, which looks at a key, a link or a cookie itself.
SIGN_IN = Need("by token")
READ = Need("never", "read")
#: Of what authors read to change it, and readers to understand figures.
READ_OR_ADMIN = Need("never", "read", or_scope="admin")
OPS = Need("never", "ops")
ADMIN = Need("never", "admin")
ADMIN_OF_ALL = Need("never", "admin", every_store=True)


class Credential(Protocol):
    """A key as it is stored."""

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
    """Whether a call wants a key. `local`: it comes from this machine.

    `setting`: True asks for one on loopback too, False nowhere, None only elsewhere; what is never
    open stays so.
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
    """Whether a path is to look as if nobody served it. `local`: the call comes from this
    machine."""
    return need.opened == "here alone" and not local


def denial_without_key(need: Need) -> Denied:
    """Why a call is denied that wants a key and brings none."""
    scope = f" with scope {need.scope}" if need.scope else ""
    is_secret = need.opened == "never" and not need.of_pages
    kind = "A secret key" if is_secret else "An API key"
    return Denied(401, "KEY_REQUIRED", f"{kind}{scope} is required")


def denial_of(need: Need, key: Credential | None) -> Denied | None:
    """Why a key may not use a route of reads or administration; None where it may.

    `key` is None for one that was never made.
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

    Basic credentials that are no key of ours are somebody else's. Bytes beyond ASCII make a key
    that nobody has.
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
