"""Administrators' changes of destinations.

A destination is checked as a whole, by the common rules and by its kind, before it is written. Its
secrets and header values are stored encrypted. Functions that write open their own transaction.
`key` is a destination's name or id; `store_id` limits the change to the destinations of one store.
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

#: Fields that an administrator may change. The kind is fixed.
CHANGEABLE = frozenset(Destination.__dataclass_fields__) - {
    "destination_id", "kind", "secrets", "secret_ends",
}  # fmt: skip


def check_destination(destination: Destination) -> None:
    """Raises Rejected with the wrong field of the declaration."""
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
    """The default of `batch_events` for a kind."""
    usual = Destination("", "", kind).batch_events
    return min(usual, KINDS[kind].max_events) if kind in KINDS else usual


def check_addresses(config: Mapping[str, Any], reach: Reach) -> None:
    """Raises Rejected if the configuration has an address outside of `reach`."""
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
    """Stores a new destination. Raises Rejected if it is invalid or if the name is taken."""
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

    Setting the status to active also closes the circuit breaker, because an administrator who
    resumes a destination expects the next event to be sent at once.
    """
    for name in changes:
        if name not in CHANGEABLE:
            raise Rejected(name, "cannot be changed")
    check_addresses(changes.get("config", {}), reach)
    try:
        with connection.transaction():
            # Queueing transactions use the declaration that they read first: wait for them.
            connection.execute(sql("await_queueing"))
            before = lock_destination(connection, box, key, store_id)
            after = replace(before, **changes)
            reason = "" if after.status == "active" else "by an administrator"
            _write(connection, box, after, now, reason if "status" in changes else None)
            target = {"destination_id": after.destination_id, "now": now}
            if after.ordered and not before.ordered and count_pending(connection, target):
                # Those events were queued without ordering keys.
                raise Rejected("ordered", "events wait that were queued without order")
            if changes.get("status") == "active":
                connection.execute(sql("close_breaker"), target)
            return after
    except psycopg.errors.UniqueViolation:
        raise Rejected("name", f"{changes['name']!r} is taken") from None


def hold(connection: Connection) -> None:
    """Prevents removals and `change` of destinations until the transaction ends.

    Queueing transactions must call this first, because destinations read earlier may be outdated.
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
    """Adds a secret as the newest of its name.

    If the kind signs with it, the older secrets stay valid until `retire_secrets` or until they
    end; otherwise they are removed. Raises TooManySecrets.
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
    """Ends a rotation: only the newest secret of each name stays valid."""
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
