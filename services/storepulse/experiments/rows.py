"""Stored tests, and what the audit trail shows of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from storepulse.access.rules.administration import UnknownObject
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.experiments.advice import warnings_of
from storepulse.domain.experiments.definition import Definition, Status, Variant, decode
from storepulse.domain.experiments.meetings import PageTest

STATEMENTS = named_sql(
    "experiments/changes",
    lock="store_id",
    list_tests="store_id status before before_id count",
    test="store_id test_id",
    test_of_any_store="test_id",
    phases="test_id",
    others="store_id test_id",
    count_tests="store_id",
    insert="test_id store_id name description priority definition now who",
    update="test_id name description priority definition now",
    set_status="test_id status winner now",
    set_phase="test_id phase",
    remove="test_id",
    add_phase="test_id phase store_id at settings window_ms pre_ms",
    add_metrics="test_id phase metrics kinds sources currencies caps",
    add_ratios="test_id phase metrics numerators denominators",
    add_sources="store_id sources",
    end_phase="test_id phase at",
    raise_traffic="test_id phase traffic",
    add_pause="test_id phase at",
    end_pause="test_id phase at",
    last_moment="test_id phase",
    visitors="store_id from_day to_day",
    buyers="store_id from_day currency from_at to_at window quantile",
)


@dataclass(frozen=True, slots=True)
class TestRow:
    """A test. `phase` is the current or last one, 0 before the first start."""

    __test__ = False  # keeps pytest from collecting this class

    test_id: UUID
    store_id: UUID
    name: str
    description: str | None
    status: Status
    priority: int
    definition: str
    phase: int
    winner: str | None
    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime

    @property
    def known_definition(self) -> Definition:
        """Its decoded definition."""
        return decode(self.definition)

    @property
    def on_pages(self) -> PageTest:
        """The part of it that affects pages."""
        return PageTest(str(self.test_id), self.priority, self.known_definition)

    @property
    def changeable(self) -> dict[str, Any]:
        """The fields that an author may change, for the audit trail."""
        return shown_to_auditors(self.name, self.description, self.priority, self.known_definition)


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """A phase of a test, with its settings as JSON."""

    phase: int
    started_at: datetime
    ended_at: datetime | None
    settings: str

    @property
    def known_settings(self) -> Definition:
        """Its decoded settings."""
        return decode(self.settings)


@dataclass(frozen=True, slots=True)
class ShownTest:
    """A test, its phases, and warnings for its author."""

    row: TestRow
    phases: Sequence[PhaseRow]
    warnings: Sequence[str]


def shown_to_auditors(
    name: str, description: str | None, priority: int, definition: Definition
) -> dict[str, Any]:
    """The fields of a test for the audit trail. The contents of variants are replaced by a
    fingerprint, because they would fill the trail with pages."""
    fields: dict[str, Any] = msgspec.to_builtins(definition)
    fields["variants"] = [_fingerprint_of(variant) for variant in definition.variants]
    return {"name": name, "description": description, "priority": priority, **fields}


def find_row(connection: Connection, store_id: UUID, test_id: UUID) -> TestRow:
    """One test. Raises UnknownObject."""
    with connection.cursor(row_factory=class_row(TestRow)) as cursor:
        asked = {"store_id": store_id, "test_id": test_id}
        row = cursor.execute(STATEMENTS["test"], asked).fetchone()
    if row is None:
        raise UnknownObject("test_id", f"there is no test {test_id}")
    return row


def other_rows(connection: Connection, store_id: UUID, test_id: UUID) -> list[TestRow]:
    """The store's other tests that are not over, oldest first."""
    with connection.cursor(row_factory=class_row(TestRow)) as cursor:
        asked = {"store_id": store_id, "test_id": test_id}
        return cursor.execute(STATEMENTS["others"], asked).fetchall()


def show_row(connection: Connection, row: TestRow) -> ShownTest:
    """A test with its phases and warnings."""
    with connection.cursor(row_factory=class_row(PhaseRow)) as cursor:
        phases = cursor.execute(STATEMENTS["phases"], {"test_id": row.test_id}).fetchall()
    if row.status in ("completed", "archived"):
        return ShownTest(row, phases, [])
    others = other_rows(connection, row.store_id, row.test_id)
    seen = [other for other in others if other.status != "draft"]
    names = {str(one.test_id): one.name for one in (row, *seen)}
    told = warnings_of(row.on_pages, [other.on_pages for other in seen], names)
    return ShownTest(row, phases, told)


def _fingerprint_of(variant: Variant) -> dict[str, Any]:
    content = msgspec.structs.replace(variant, variant_id="", name="", weight=0, is_control=False)
    digest = hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
    return {
        "variant_id": variant.variant_id,
        "name": variant.name,
        "weight": variant.weight,
        "is_control": variant.is_control,
        "content": digest[:16],
    }
