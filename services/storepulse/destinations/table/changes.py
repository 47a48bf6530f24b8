"""Changes to destinations, by administrators.

A destination is checked as a whole, by the rules of all and by its kind, before it is written; its
secrets and the values of its headers are stored encrypted. Functions that write open a transaction
of their own. `key` is a destination's name or id; `store_id` narrows to the destinations of one
store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from storepulse.destinations.http.urls import checked_url
from storepulse.destinations.kinds import KINDS
from storepulse.destinations.rules import declaration
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.rules.rotation import AddedSecret, rotated
from storepulse.destinations.table.reads import count_pending, lock_destination
from storepulse.destinations.table.rows import Box, Connection, parameters_of, sql
from storepulse.domain.addresses import Reach
from storepulse.domain.errors import Rejected

#: What an administrator may change; a destination stays of its kind.
CHANGEABLE = frozenset(Destination.__dataclass_fields__) - {
    "destination_id", "kind", "secrets", "secret_ends",
}  # fmt: skip


def check_destination(destination: Destination) -> None:
    """Raises Rejected with the field of the declaration that is wrong."""
    kind = KINDS.get(destination.kind)
    if kind is None:
        raise Rejected("kind", f"must be one of {', '.join(KINDS)}")
    declaration.check(destination)
    if kind.vendor_streams is not None:
        declaration.check_vendor_streams(kind.name, destination.streams, kind.vendor_streams)
    if destination.batch_events > kind.max_events:
        raise Rejected("batch_events", f"is above {kind.max_events}, the most of {kind.name}")
    kind.check(destination.config, destination.secrets)


def default_batch_events(kind: str) -> int:
    """Events of a batch where nobody says how many."""
    usual = Destination("", "", kind).batch_events
    return min(usual, KINDS[kind].max_events) if kind in KINDS else usual


def check_addresses(config: Mapping[str, Any], reach: Reach) -> None:
    """Raises Rejected where the configuration names an address beyond `reach`."""
    for name in ("url", "endpoint"):
        if name in config:
            checked_url(f"config.{name}", config[name], reach)


def create(
    connection: Connection,
    box: Box,
    destination: Destination,
    now: datetime,
    reach: Reach = "private",
) -> None:
    """Stores a new destination. Raises Rejected for a wrong one, and for a name that is taken."""
    check_destination(destination)
    check_addresses(destination.config, reach)
    try:
        with connection.transaction():
            connection.execute(sql("insert"), parameters_of(destination, box) | {"now": now})
    except psycopg.errors.UniqueViolation:
        raise Rejected("name", f"{destination.name!r} is taken") from None


def change(
    connection: Connection,
    box: Box,
    key: str,
    changes: Mapping[str, Any],
    now: datetime,
    store_id: UUID | None = None,
    reach: Reach = "private",
) -> Destination:
    """Changes fields of a destination and returns it. Raises Rejected, Misconfigured.

    Setting its status to active also closes its circuit breaker: an administrator who resumes
    expects the next event to be sent at once.
    """
    for name in changes:
        if name not in CHANGEABLE:
            raise Rejected(name, "cannot be changed")
    check_addresses(changes.get("config", {}), reach)
    try:
        with connection.transaction():
            # A slice is queued by what a destination says when its transaction begins.
            connection.execute(sql("await_queueing"))
            before = lock_destination(connection, box, key, store_id)
            after = replace(before, **changes)
            reason = "" if after.status == "active" else "by an administrator"
            _write(connection, box, after, now, reason if "status" in changes else None)
            target = {"destination_id": after.destination_id, "now": now}
            if after.ordered and not before.ordered and count_pending(connection, target):
                # They were queued without the keys that tell what belongs together.
                raise Rejected("ordered", "events wait that were queued without order")
            if changes.get("status") == "active":
                connection.execute(sql("close_breaker"), target)
            return after
    except psycopg.errors.UniqueViolation:
        raise Rejected("name", f"{changes['name']!r} is taken") from None


def hold(connection: Connection) -> None:
    """From here to the transaction's end no destination is removed, or asked for order.

    Whoever queues for one does this first: what was read of the destinations before may be past.
    """
    connection.execute(sql("hold"))


def add_secret(
    connection: Connection,
    box: Box,
    key: str,
    added: AddedSecret,
    now: datetime,
    store_id: UUID | None = None,
) -> Destination:
    """Puts a secret in front of those that it replaces.

    Where the kind signs with them, these stay valid until `retire_secrets`, or until they end; else
    the new one alone counts. Raises TooManySecrets.
    """
    with connection.transaction():
        before = lock_destination(connection, box, key, store_id)
        signs = added.name in KINDS[before.kind].signing_secrets
        others = before.rotating(added.name) if signs else []
        after = before.with_secrets(added.name, rotated(others, added, now))
        _write(connection, box, after, now)
        return after


def retire_secrets(
    connection: Connection, box: Box, key: str, now: datetime, store_id: UUID | None = None
) -> Destination:
    """Ends a rotation: of every secret the newest alone stays valid."""
    with connection.transaction():
        before = lock_destination(connection, box, key, store_id)
        newest = {field: list(values)[:1] for field, values in before.secrets.items()}
        after = replace(before, secrets=newest, secret_ends={})
        _write(connection, box, after, now)
        return after


def _write(
    connection: Connection,
    box: Box,
    destination: Destination,
    now: datetime,
    reason: str | None = None,
) -> None:
    check_destination(destination)
    parameters = parameters_of(destination, box) | {"now": now, "status_reason": reason}
    connection.execute(sql("update"), parameters)
