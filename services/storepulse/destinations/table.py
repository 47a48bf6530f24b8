"""Destinations in PostgreSQL: loaded by delivery, written by administrators.

Rules: a destination is checked as a whole, by the rules of all and by its kind, before it is
written; its secrets and the values of its headers are stored encrypted and leave this module for
delivery alone. Functions that write open a transaction of their own. `key` is a destination's name
or id; `store_id` narrows to the destinations of one store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.destinations.event_types import streams_with_own_types, types_of_streams
from storepulse.destinations.kinds import KINDS
from storepulse.destinations.rules import declaration
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.secrets.sealed_headers import in_clear, joined, parted
from storepulse.domain.errors import Rejected

Connection = psycopg.Connection[Any]
Secrets = Mapping[str, Sequence[str]]

#: Secrets of one name that are valid while they rotate.
VALID_SECRETS = 2
#: What an administrator may change; a destination stays of its kind.
CHANGEABLE = frozenset(Destination.__dataclass_fields__) - {"destination_id", "kind", "secrets"}
#: Events that a transaction fails while their destination is removed.
GROUP_ROWS = 5_000
_HIDDEN = "…"
_REMOVED = "the destination was removed"


class UnknownDestination(Rejected):
    """There is no such destination, or none that the sender may see."""


class Box(Protocol):
    """What encrypts secrets: `storepulse.destinations.secrets.secret_box`."""

    def seal(self, secrets: Secrets) -> bytes:
        """The secrets, encrypted with the newest key of the installation."""

    def open(self, sealed: bytes) -> Secrets:
        """What was sealed. Raises Misconfigured where no key of the installation opens it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A destination as administrators see it, without its secrets. Times are UTC."""

    destination: Destination
    status_reason: str
    breaker: str
    probe_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def shown_config(self) -> dict[str, Any]:
        """The configuration without the values of headers, which may be credentials.

        What stands for them is no value that a header may have, so that it is never stored.
        """
        config = dict(self.destination.config)
        if isinstance(config.get("headers"), Mapping):
            config["headers"] = dict.fromkeys(config["headers"], _HIDDEN)
        return config


def load_destinations(connection: Connection, box: Box) -> list[Destination]:
    """All destinations with their secrets, disabled ones too, by name.

    Values of headers that an older version stored in clear are sealed. Raises Misconfigured where
    secrets were sealed with a key that the installation lacks.
    """
    rows = _rows(connection, "all", {})
    for row in rows:
        if in_clear(row["config"]):
            _seal_headers(connection, box, str(row["destination_id"]))
    return [_opened(row, box) for row in rows]


def _seal_headers(connection: Connection, box: Box, destination_id: str) -> None:
    with connection.transaction():
        for row in _rows(connection, "locked", {"key": destination_id, "store_id": None}):
            sealed = _parameters(_opened(row, box), box)
            connection.execute(_sql("seal"), sealed)


def listed(
    connection: Connection, key: str | None = None, store_id: UUID | None = None
) -> list[Entry]:
    """The destinations as administrators see them, by name."""
    rows = _rows(connection, "listed", {"key": key, "store_id": store_id})
    return [
        Entry(
            destination=_destination(row, {}),
            **{name: row[name] for name in Entry.__dataclass_fields__ if name != "destination"},
        )
        for row in rows
    ]


def found(connection: Connection, key: str, store_id: UUID | None = None) -> Entry:
    """One destination. Raises UnknownDestination."""
    entries = listed(connection, key, store_id)
    if not entries:
        raise _unknown(key)
    return entries[0]


def loaded(connection: Connection, box: Box, key: str, store_id: UUID | None = None) -> Destination:
    """One destination with its secrets. Raises UnknownDestination, Misconfigured."""
    with connection.transaction():
        return _locked(connection, box, key, store_id)


def check(destination: Destination) -> None:
    """Raises Rejected with the field of the declaration that is wrong."""
    kind = KINDS.get(destination.kind)
    if kind is None:
        raise Rejected("kind", f"wants one of {', '.join(KINDS)}")
    declaration.check(destination, types_of_streams(), streams_with_own_types())
    if destination.batch_events > kind.max_events:
        raise Rejected("batch_events", f"is above {kind.max_events}, the most of {kind.name}")
    kind.check(destination.config, destination.secrets)


def default_batch_events(kind: str) -> int:
    """Events of a batch where nobody says how many."""
    usual = Destination("", "", kind).batch_events
    return min(usual, KINDS[kind].max_events) if kind in KINDS else usual


def create(connection: Connection, box: Box, destination: Destination, now: datetime) -> None:
    """Stores a new destination. Raises Rejected for a wrong one, and for a name that is taken."""
    check(destination)
    try:
        with connection.transaction():
            connection.execute(_sql("insert"), _parameters(destination, box) | {"now": now})
    except psycopg.errors.UniqueViolation:
        raise Rejected("name", f"{destination.name!r} is taken") from None


def change(
    connection: Connection,
    box: Box,
    key: str,
    changes: Mapping[str, Any],
    now: datetime,
    store_id: UUID | None = None,
) -> Destination:
    """Changes fields of a destination and returns it. Raises Rejected, Misconfigured.

    Setting its status to active also closes its circuit breaker: an administrator who resumes
    expects the next event to be sent at once.
    """
    for name in changes:
        if name not in CHANGEABLE:
            raise Rejected(name, "cannot be changed")
    try:
        with connection.transaction():
            # A slice is queued by what a destination says when its transaction begins.
            connection.execute(_sql("await_queueing"))
            before = _locked(connection, box, key, store_id)
            after = replace(before, **changes)
            reason = "" if after.status == "active" else "by an administrator"
            _write(connection, box, after, now, reason if "status" in changes else None)
            target = {"destination_id": after.destination_id, "now": now}
            if after.ordered and not before.ordered and _pending(connection, target):
                # They were queued without the keys that tell what belongs together.
                raise Rejected("ordered", "events wait that were queued without order")
            if changes.get("status") == "active":
                connection.execute(_sql("close_breaker"), target)
            return after
    except psycopg.errors.UniqueViolation:
        raise Rejected("name", f"{changes['name']!r} is taken") from None


def hold(connection: Connection) -> None:
    """From here to the transaction's end no destination is removed, or asked for order.

    Whoever queues for one does this first: what was read of the destinations before may be past.
    """
    connection.execute(_sql("hold"))


def add_secret(
    connection: Connection,
    box: Box,
    key: str,
    field: str,
    secret: str,
    now: datetime,
    store_id: UUID | None = None,
) -> Destination:
    """Puts a secret in front of the one it replaces, which stays valid until `retire_secrets`."""
    with connection.transaction():
        before = _locked(connection, box, key, store_id)
        kept = [old for old in before.secrets.get(field, ()) if old != secret]
        valid = [secret, *kept][:VALID_SECRETS]
        after = replace(before, secrets={**before.secrets, field: valid})
        _write(connection, box, after, now)
        return after


def retire_secrets(
    connection: Connection, box: Box, key: str, now: datetime, store_id: UUID | None = None
) -> Destination:
    """Ends a rotation: of every secret the newest alone stays valid."""
    with connection.transaction():
        before = _locked(connection, box, key, store_id)
        newest = {field: list(values)[:1] for field, values in before.secrets.items()}
        after = replace(before, secrets=newest)
        _write(connection, box, after, now)
        return after


def remove(
    connection: Connection,
    key: str,
    now: datetime,
    *,
    discard: bool = False,
    store_id: UUID | None = None,
) -> int:
    """Removes a destination and returns how many events it had still to get.

    Those become failed, with the reason, in groups: a call that ends half way leaves the
    destination disabled, and the next one goes on. Raises Rejected where there are any and
    `discard` is False.
    """
    with connection.transaction():
        target = _target(connection, key, store_id) | {"now": now, "reason": _REMOVED}
        pending = _pending(connection, target)
        if pending and not discard:
            raise Rejected("destination", f"{pending} events wait for it and would not be sent")
        if pending:
            connection.execute(_sql("stop"), target)
    discarded = group = _fail_waiting(connection, target, GROUP_ROWS) if pending else 0
    while group == GROUP_ROWS:
        discarded += (group := _fail_waiting(connection, target, GROUP_ROWS))
    with connection.transaction():
        # No slice is being queued from here on: none of its rows is left behind.
        connection.execute(_sql("await_queueing"))
        if not discard and _pending(connection, target):
            raise Rejected("destination", "events wait for it and would not be sent")
        discarded += _fail_waiting(connection, target, None)
        discarded += connection.execute(_sql("fail_batches"), target).rowcount
        connection.execute(_sql("delete"), target)
    return discarded


def _fail_waiting(connection: Connection, target: Mapping[str, Any], count: int | None) -> int:
    with connection.transaction():
        connection.execute(_sql("lock_first_claims"), target)
        return connection.execute(_sql("fail_waiting"), {**target, "count": count}).rowcount


def _target(connection: Connection, key: str, store_id: UUID | None) -> dict[str, Any]:
    """The id of a destination, which is locked. Raises UnknownDestination."""
    rows = _rows(connection, "locked", {"key": key, "store_id": store_id})
    if not rows:
        raise _unknown(key)
    return {"destination_id": rows[0]["destination_id"]}


def _sql(name: str) -> bytes:
    return named_sql("destinations/table")[name].encode()


def _rows(connection: Connection, name: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_sql(name), parameters).fetchall()


def _pending(connection: Connection, target: Mapping[str, Any]) -> int:
    return int(_rows(connection, "count_pending", target)[0]["pending"])


def _unknown(key: str) -> UnknownDestination:
    return UnknownDestination("destination", f"there is no destination {key!r}")


def _locked(connection: Connection, box: Box, key: str, store_id: UUID | None) -> Destination:
    rows = _rows(connection, "locked", {"key": key, "store_id": store_id})
    if not rows:
        raise _unknown(key)
    return _opened(rows[0], box)


def _write(
    connection: Connection,
    box: Box,
    destination: Destination,
    now: datetime,
    reason: str | None = None,
) -> None:
    check(destination)
    parameters = _parameters(destination, box) | {"now": now, "status_reason": reason}
    connection.execute(_sql("update"), parameters)


def _parameters(destination: Destination, box: Box) -> dict[str, Any]:
    values = {name: getattr(destination, name) for name in Destination.__dataclass_fields__}
    config, secrets = parted(destination.config, destination.secrets)
    return values | {
        "streams": sorted(destination.streams),
        "types": sorted(destination.types),
        "consent": sorted(destination.consent),
        "config": Jsonb(config),
        "secrets": box.seal(secrets) if secrets else None,
        "retry_seconds": list(destination.retry_seconds),
    }


def _opened(row: Mapping[str, Any], box: Box) -> Destination:
    stored = {} if row["secrets"] is None else box.open(row["secrets"])
    config, secrets = joined(row["config"], stored)
    return replace(_destination(row, secrets), config=config)


def _destination(row: Mapping[str, Any], secrets: Secrets) -> Destination:
    store_id = row["store_id"]
    return Destination(
        destination_id=str(row["destination_id"]),
        name=row["name"],
        kind=row["kind"],
        status=row["status"],
        store_id=None if store_id is None else str(store_id),
        streams=frozenset(row["streams"]),
        types=frozenset(row["types"]),
        consent=frozenset(row["consent"]),
        include_bots=row["include_bots"],
        config=row["config"],
        secrets=secrets,
        ordered=row["ordered"],
        batch_events=row["batch_events"],
        batch_seconds=row["batch_seconds"],
        max_in_flight=row["max_in_flight"],
        rate_per_second=row["rate_per_second"],
        retry_seconds=tuple(row["retry_seconds"]),
        timeout_seconds=row["timeout_seconds"],
    )
