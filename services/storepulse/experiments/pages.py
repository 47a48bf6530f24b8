"""Authors' changes to base configurations of pages. Every change is in the audit trail."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from storepulse.access.audit import write_entry
from storepulse.access.rules.administration import Caller, Conflict
from storepulse.access.store_changes import find_store
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.experiments.authored import AuthoredPage
from storepulse.domain.experiments.authored_pages import check_page_place, page_of
from storepulse.domain.experiments.definition import Page

#: Most pages of a store.
MOST_PAGES = 10_000

STATEMENTS = named_sql(
    "experiments/pages",
    lock="store_id",
    list_pages="store_id page_type after_type after_slug count",
    page="store_id page_type slug",
    count_pages="store_id",
    set_page="store_id page_type slug page now who",
)


@dataclass(frozen=True, slots=True)
class PageRow:
    """A stored page."""

    store_id: UUID
    page_type: str
    slug: str
    page: str
    version: int
    updated_at: datetime
    updated_by: str

    @property
    def known_page(self) -> Page:
        """Its decoded configuration."""
        return msgspec.json.decode(self.page, type=Page)


@dataclass(frozen=True, slots=True)
class PagePlace:
    """A page, and the version it was read as; None: any."""

    store_id: UUID
    page_type: str
    slug: str
    version: int | None = None


def set_page(
    connection: Connection, caller: Caller, place: PagePlace, authored: AuthoredPage, now: datetime
) -> PageRow:
    """Create or replace a page. Setting the same values again changes nothing.

    Raises Rejected, NotAllowed, UnknownObject if the store does not exist, and Conflict if the
    version is outdated or there are too many pages.
    """
    check_page_place(place.page_type, place.slug)
    page = page_of(authored)
    asked = {"store_id": place.store_id, "page_type": place.page_type, "slug": place.slug}
    with connection.transaction():
        find_store(connection, caller, place.store_id)
        connection.execute(STATEMENTS["lock"], {"store_id": place.store_id})
        before = _find(connection, asked)
        version = 0 if before is None else before.version
        if place.version is not None and place.version != version:
            raise Conflict("version", f"is {version} by now: read the page again")
        if before is None:
            _check_count(connection, place.store_id)
        elif before.known_page == page:
            return before
        text = msgspec.json.encode(page).decode()
        row = {**asked, "page": text, "now": now, "who": caller.name}
        connection.execute(STATEMENTS["set_page"], row)
        write_entry(
            connection, caller.name, "page.set", f"{place.page_type}/{place.slug}",
            store_id=place.store_id,
            before=None if before is None else _trail_of(before.known_page),
            after=_trail_of(page),
        )  # fmt: skip
        after = _find(connection, asked)
        assert after is not None  # noqa: S101 - it was written above
        return after


def _find(connection: Connection, asked: dict[str, Any]) -> PageRow | None:
    with connection.cursor(row_factory=class_row(PageRow)) as cursor:
        return cursor.execute(STATEMENTS["page"], asked).fetchone()


def _trail_of(page: Page) -> dict[str, Any]:
    """The page for the audit trail: a fingerprint, because contents would fill the trail."""
    digest = hashlib.sha256(msgspec.json.encode(page, order="sorted")).hexdigest()
    slots = [slot.slot_id for slot in page.slots]
    return {"template": page.template, "slots": slots, "content": digest[:16]}


def _check_count(connection: Connection, store_id: UUID) -> None:
    row = connection.execute(STATEMENTS["count_pages"], {"store_id": store_id}).fetchone()
    assert row is not None  # noqa: S101 - a count always has its row
    if row[0] >= MOST_PAGES:
        raise Conflict("pages", f"would be more than {MOST_PAGES}")
