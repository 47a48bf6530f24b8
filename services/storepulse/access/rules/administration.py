"""What an administrator may do with stores and keys. Pure.

Rules: a key that is tied to a store administers that store only, and creates no stores. A key
cannot create a key with more rights than its own. A key cannot revoke itself, so that nobody is
locked out by mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from storepulse.access.rules.needs import Denied
from storepulse.domain.errors import Rejected

SCOPES = ("ingest", "read", "admin", "ops")
KINDS = ("publishable", "secret")
#: Most active keys of a line, including the new one, after a rotation.
ACTIVE_IN_LINE = 2
LONGEST_NAME = 100
A_YEAR = 366 * 86_400


@dataclass(frozen=True, slots=True)
class Caller:
    """Who administers. `name` is in the audit trail; `key_id` is of the caller's key."""

    name: str
    key_id: UUID | None = None
    scopes: Sequence[str] = SCOPES
    store_id: UUID | None = None


#: The user of commands on the machine, with the database's own password.
CLI = Caller("cli")
#: A service at its first start.
START = Caller("start")


class NotAllowed(Exception):
    """The caller's key may not do this."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.denied = Denied(403, "FORBIDDEN", message)


class UnknownObject(Rejected):
    """The store or key does not exist."""


class Conflict(Rejected):
    """The state of the store or key does not allow this."""


def check_store(caller: Caller, store_id: UUID | None) -> None:
    """Raises NotAllowed if an object belongs to another store, or to all stores."""
    if caller.store_id is not None and caller.store_id != store_id:
        raise NotAllowed("This key belongs to another store")


def check_minting(caller: Caller, scopes: Sequence[str], store_id: UUID | None) -> None:
    """Raises NotAllowed if a new key would have more rights than the caller's."""
    if caller.store_id is not None and store_id is None:
        raise NotAllowed("A key that is tied to a store makes no key for every store")
    check_store(caller, store_id)
    if missing := [scope for scope in scopes if scope not in caller.scopes]:
        raise NotAllowed(f"This key does not have the scope {missing[0]}, so it cannot give it")


def check_revoking(caller: Caller, key_id: UUID) -> None:
    """Raises Conflict if it is the caller's own key."""
    if key_id == caller.key_id:
        raise Conflict("key_id", "is the key of this very call; revoke it with another one")


def normal_scopes(kind: str, scopes: Sequence[str]) -> list[str]:
    """The scopes of a new key, each once. Raises Rejected."""
    if kind not in KINDS:
        raise Rejected("kind", f"must be one of {', '.join(KINDS)}")
    for scope in scopes:
        if scope not in SCOPES:
            raise Rejected("scopes", f"must be one or more of {', '.join(SCOPES)}")
    if kind == "publishable":
        if set(scopes) - {"ingest"}:
            reason = "must be only ingest for a publishable key, which is visible in web pages"
            raise Rejected("scopes", reason)
        return ["ingest"]
    if not scopes:
        raise Rejected("scopes", "must have at least one for a secret key")
    return [scope for scope in SCOPES if scope in scopes]


def normal_name(name: str | None) -> str | None:
    """A label for people, or None. Raises Rejected."""
    stripped = (name or "").strip()
    if len(stripped) > LONGEST_NAME:
        raise Rejected("name", f"is longer than {LONGEST_NAME} characters")
    if stripped and not stripped.isprintable():
        raise Rejected("name", "holds a character that cannot be printed")
    return stripped or None


def check_expires_in(seconds: int | None) -> None:
    """Raises Rejected if it is not from 1 second to a year."""
    if seconds is not None and not 0 < seconds <= A_YEAR:
        raise Rejected("expires_in", f"must be seconds from 1 to {A_YEAR}")
