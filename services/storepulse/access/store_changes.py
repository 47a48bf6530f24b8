"""Administrators' changes to stores. Every change is in the audit trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from storepulse.access.audit import write_entry
from storepulse.access.rules.administration import (
    Caller,
    Conflict,
    NotAllowed,
    UnknownObject,
    check_store,
    normal_name,
)
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.store_settings import (
    DEFAULTS,
    StoreSettings,
    change_settings,
    read_settings,
    stored_settings,
)
from storepulse.domain.stores import normalised_domain, store_id_of_domain
from storepulse.domain.time_zones import (
    UTC_ZONE,
    ZonePeriod,
    first_period,
    next_period,
    zone_at,
)
from storepulse.streams.registry import STREAMS

STATEMENTS = named_sql(
    "access/stores",
    page="store_id domain before before_id count",
    store="store_id",
    id_of_domain="domain",
    lock="store_id",
    insert="store_id domain name settings created_by",
    update="store_id domain name settings",
    lock_zones="",
    has_events="store_id",
    latest_event="store_id now",
    end_zones="store_id from_day",
    add_zone="store_id from_day zone",
)


@dataclass(frozen=True, slots=True)
class StoreRow:
    """A store for administrators. `days` and `zones` are those of its time zones."""

    store_id: UUID
    domain: str | None
    name: str | None
    settings: str
    created_at: datetime
    created_by: str
    updated_at: datetime
    days: list[date]
    zones: list[str]

    @property
    def known_settings(self) -> StoreSettings:
        """Its settings; the time zone is the one chosen last."""
        return read_settings(self.settings, self.zones[-1] if self.zones else UTC_ZONE)

    @property
    def periods(self) -> tuple[ZonePeriod, ...]:
        """Its time zones in the order of their days."""
        return tuple(map(ZonePeriod, self.days, self.zones))

    @property
    def changeable(self) -> dict[str, Any]:
        """The fields that an administrator may change, for the audit trail."""
        return {"domain": self.domain, "name": self.name, **asdict(self.known_settings)}


def find_store(connection: Connection, caller: Caller, store_id: UUID) -> StoreRow:
    """One store. Raises UnknownObject, NotAllowed."""
    check_store(caller, store_id)
    with connection.cursor(row_factory=class_row(StoreRow)) as cursor:
        store = cursor.execute(STATEMENTS["store"], {"store_id": store_id}).fetchone()
    if store is None:
        raise UnknownObject("store_id", f"there is no store {store_id}")
    return store


def lock_store(connection: Connection, store_id: UUID) -> None:
    """Lock the store until the transaction ends."""
    connection.execute(STATEMENTS["lock"], {"store_id": store_id})


def list_stores(connection: Connection, count: int) -> list[StoreRow]:
    """The newest stores, newest first."""
    parameters = {
        "store_id": None, "domain": None, "before": None, "before_id": None, "count": count
    }  # fmt: skip
    with connection.cursor(row_factory=class_row(StoreRow)) as cursor:
        return cursor.execute(STATEMENTS["page"], parameters).fetchall()


def find_id(connection: Connection, domain: str) -> UUID:
    """The id of the store with a domain. Raises UnknownObject, Rejected."""
    normal = normalised_domain(domain, "domain")
    row = connection.execute(STATEMENTS["id_of_domain"], {"domain": normal}).fetchone()
    if row is None:
        raise UnknownObject("domain", f"there is no store {normal}")
    store_id: UUID = row[0]
    return store_id


def create_store(
    connection: Connection,
    caller: Caller,
    now: datetime,
    *,
    store_id: UUID | None = None,
    domain: str | None = None,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> StoreRow:
    """Declare a store. Without an id it gets the one derived from its domain.

    Its time zone is in force on all of its days, or as in `change_store` if it has events. Raises
    Rejected, NotAllowed, and Conflict if the id or the domain is taken.
    """
    if caller.store_id is not None:
        raise NotAllowed("A key that is tied to a store makes no stores")
    domain = None if domain is None else normalised_domain(domain, "domain")
    chosen = change_settings(DEFAULTS, settings or {})
    if store_id is None:
        store_id = uuid4() if domain is None else UUID(store_id_of_domain(domain))
    row = {
        "store_id": store_id,
        "domain": domain,
        "name": normal_name(name),
        "settings": Jsonb(stored_settings(chosen)),
        "created_by": caller.name,
    }
    with connection.transaction():
        with _domain_of_no_other(connection):
            inserted = connection.execute(STATEMENTS["insert"], row).rowcount
        if not inserted:
            raise Conflict("store_id", f"{store_id} is a store already")
        if chosen.time_zone != UTC_ZONE:
            _set_first_zone(connection, store_id, chosen.time_zone, now)
        store = find_store(connection, caller, store_id)
        write_entry(
            connection, caller.name, "store.created", store_id, store_id=store_id,
            after=store.changeable,
        )  # fmt: skip
        return store


def change_store(
    connection: Connection,
    caller: Caller,
    store_id: UUID,
    changes: Mapping[str, Any],
    now: datetime,
) -> StoreRow:
    """Change `domain`, `name` and `settings`, as far as given; settings that are not given stay.

    A time zone is in force from the next local midnight, or from the first midnight after the
    store's events if some lie in the future. Raises Rejected, UnknownObject, NotAllowed, and
    Conflict if the domain is taken.
    """
    with connection.transaction():
        lock_store(connection, store_id)
        before = find_store(connection, caller, store_id)
        settings = change_settings(before.known_settings, changes.get("settings") or {})
        domain, name = before.domain, before.name
        if "domain" in changes:
            given = changes["domain"]
            domain = None if given is None else normalised_domain(given, "domain")
        if "name" in changes:
            name = normal_name(changes["name"])
        after = {"domain": domain, "name": name, **asdict(settings)}
        if after == before.changeable:
            return before
        if settings.time_zone != before.known_settings.time_zone:
            _change_zone(connection, before, settings.time_zone, now)
        row = {"store_id": store_id, "domain": domain, "name": name}
        with _domain_of_no_other(connection):
            connection.execute(
                STATEMENTS["update"], row | {"settings": Jsonb(stored_settings(settings))}
            )
        write_entry(
            connection, caller.name, "store.changed", store_id, store_id=store_id,
            before=before.changeable, after=after,
        )  # fmt: skip
        return find_store(connection, caller, store_id)


def declare_store(
    connection: Connection, caller: Caller, now: datetime, store_id: UUID, domain: str | None = None
) -> None:
    """Create a store if it does not exist, and give it the domain if one is given.

    Raises Rejected.
    """
    with connection.transaction():
        try:
            find_store(connection, caller, store_id)
        except UnknownObject:
            create_store(connection, caller, now, store_id=store_id, domain=domain)
        else:
            changes = {} if domain is None else {"domain": domain}
            change_store(connection, caller, store_id, changes, now)


@contextmanager
def _domain_of_no_other(connection: Connection) -> Iterator[None]:
    """Wraps a statement that sets a store's domain. Raises Conflict if another store has it."""
    try:
        with connection.transaction():
            yield
    except psycopg.errors.UniqueViolation:
        raise Conflict("domain", "belongs to another store") from None


def _set_first_zone(connection: Connection, store_id: UUID, zone: str, now: datetime) -> None:
    has_events, latest_at = _stored_events(connection, store_id, now)
    period = next_period((), zone, latest_at) if has_events else first_period(zone)
    _add_zone(connection, store_id, period)


def _change_zone(connection: Connection, store: StoreRow, zone: str, now: datetime) -> None:
    """Replace a change that has not begun; today's zone stays in force until midnight."""
    _, latest_at = _stored_events(connection, store.store_id, now)
    period = next_period(store.periods, zone, latest_at)
    connection.execute(
        STATEMENTS["end_zones"], {"store_id": store.store_id, "from_day": period.from_day}
    )
    if zone != zone_at(store.periods, latest_at):
        _add_zone(connection, store.store_id, period)


def _stored_events(connection: Connection, store_id: UUID, now: datetime) -> tuple[bool, datetime]:
    """Whether a store has events, and the later of now and the time of its last event.

    No slice is stored until the transaction ends. Raises psycopg.errors.LockNotAvailable if a slice
    in progress takes too long.
    """
    connection.execute(STATEMENTS["lock_zones"])
    ((has_events,),) = connection.execute(STATEMENTS["has_events"], {"store_id": store_id})
    latest_at = now
    for stream in STREAMS.values():
        if stream.rows is not None:
            statement = STATEMENTS["latest_event"].with_names(rows=stream.rows)
            asked = {"store_id": store_id, "now": latest_at}
            ((later,),) = connection.execute(statement, asked)
            latest_at = later or latest_at
    return has_events, latest_at


def _add_zone(connection: Connection, store_id: UUID, period: ZonePeriod) -> None:
    connection.execute(STATEMENTS["add_zone"], {"store_id": store_id, **asdict(period)})
