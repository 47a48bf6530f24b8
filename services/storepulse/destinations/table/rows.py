"""Rows of destinations: how they are stored, and how administrators see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.destinations.rules import graph_version
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.secrets.sealed_headers import join, separate
from storepulse.domain.errors import Rejected

Connection = psycopg.Connection[Any]
Secrets = Mapping[str, Sequence[str]]

#: Shown instead of a header's value. It is not a valid value, so that it can never be stored.
_HIDDEN = "…"


class UnknownDestination(Rejected):
    """The destination does not exist, or the caller may not see it."""


class Box(Protocol):
    """The interface that encrypts secrets; see `storepulse.adapters.secret_box`."""

    def seal(self, secrets: Secrets) -> bytes:
        """Encrypts secrets with the newest key of the installation."""

    def open(self, sealed: bytes) -> Secrets:
        """Decrypts secrets. Raises Misconfigured if no key of the installation fits."""


@dataclass(frozen=True, slots=True)
class DestinationRow:
    """A destination as administrators see it, without its secrets. Times are UTC.

    `account_fault` is its last error about our account there, "" while it accepts events.
    `secret_ends` has the end of each secret by name, newest first; null: valid until an
    administrator ends it.
    """

    destination: Destination
    status_reason: str
    breaker: str
    probe_at: datetime | None
    account_fault: str
    secret_ends: Mapping[str, Sequence[str | None]]
    created_at: datetime
    updated_at: datetime

    @property
    def warnings(self) -> list[str]:
        """Warnings about accepted values that should be changed soon."""
        is_meta = self.destination.kind == "meta_capi"
        warning = graph_version.warning_of(self.destination.config) if is_meta else None
        return [] if warning is None else [warning]

    @property
    def shown_config(self) -> dict[str, Any]:
        """The configuration with the effective version of Meta's API, and with header values, which
        may be credentials, replaced by `_HIDDEN`."""
        config = dict(self.destination.config)
        if self.destination.kind == "meta_capi" and not graph_version.is_in_endpoint(config):
            config["version"] = graph_version.version_of(config)
        if isinstance(config.get("headers"), Mapping):
            config["headers"] = dict.fromkeys(config["headers"], _HIDDEN)
        return config


def sql(name: str) -> bytes:
    """A statement of `table.sql`."""
    return named_sql("destinations/table/table")[name]


def read_rows(
    connection: Connection, name: str, parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The rows of a statement, by column."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(sql(name), parameters).fetchall()


def parameters_of(destination: Destination, box: Box) -> dict[str, Any]:
    """The columns of a destination, its secrets sealed."""
    values = {name: getattr(destination, name) for name in Destination.__dataclass_fields__}
    config, secrets = separate(destination.config, destination.secrets)
    return values | {
        "streams": sorted(destination.streams),
        "types": sorted(destination.types),
        "consent": sorted(destination.consent),
        "config": Jsonb(config),
        "secrets": box.seal(secrets) if secrets else None,
        "retry_seconds": list(destination.retry_seconds),
        "secret_ends": Jsonb(
            {
                name: [None if s.ends_at is None else s.ends_at.isoformat() for s in rotating]
                for name in destination.secrets
                if (rotating := destination.rotating(name))
            }
        ),
    }


def open_row(row: Mapping[str, Any], box: Box) -> Destination:
    """A destination with its secrets. Raises Misconfigured if no key decrypts them."""
    stored_secrets = {} if row["secrets"] is None else box.open(row["secrets"])
    config, secrets = join(row["config"], stored_secrets)
    ends = {
        name: [None if text is None else datetime.fromisoformat(text) for text in texts]
        for name, texts in row["secret_ends"].items()
        if name in secrets and any(texts)
    }
    return replace(destination_of(row, secrets), config=config, secret_ends=ends)


def destination_of(row: Mapping[str, Any], secrets: Secrets) -> Destination:
    """A destination from a row, with `secrets` in place of the row's sealed ones."""
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
