"""Tests and pages in a database, put there without their author's checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psycopg

from storepulse.adapters.postgres.named_sql import read_statements
from storepulse.domain.experiments.definition import Definition, Metric, Page, Variant, encode

SQL = read_statements(Path(__file__).with_suffix(".sql"))
CONTROL = Variant("control", "As it is", 5_000, is_control=True)
BLUE = Variant("blue", "Blue button", 5_000, payload={"colour": "blue"})
PURCHASES = Metric("purchases", "binary", source="purchase")


def definition_of(*variants: Variant, **settings: Any) -> Definition:
    """A test of these variants, else of control and another one, on purchases."""
    return Definition(variants or (CONTROL, BLUE), (PURCHASES,), PURCHASES.key, **settings)


def add_test(  # a stored test has that many columns
    connection: psycopg.Connection[Any],
    store_id: str,
    definition: Definition,
    *,
    status: str = "running",
    priority: int = 0,
    phase: int = 1,
    winner: str | None = None,
    test_id: str = "",
) -> str:
    """Stores a test with its store and phase; its id."""
    test_id = test_id or str(uuid4())
    values = {
        "test_id": test_id, "store_id": store_id, "name": "Button", "status": status,
        "priority": priority, "phase": phase, "winner": winner,
        "settings": encode(definition).decode(),
    }  # fmt: skip
    with connection.transaction():
        connection.execute(SQL["add_store"], {"store_id": store_id})
        connection.execute(SQL["add_test"], values)
        if phase:
            of_phase = ("test_id", "phase", "store_id", "settings")
            connection.execute(SQL["add_phase"], {name: values[name] for name in of_phase})
    return test_id


def set_page(
    connection: psycopg.Connection[Any], store_id: str, page_type: str, slug: str, page: Page
) -> None:
    """Stores a page's configuration."""
    values = {"store_id": store_id, "page_type": page_type, "slug": slug}
    connection.execute(SQL["add_store"], {"store_id": store_id})
    connection.execute(SQL["set_page"], values | {"page": msgspec.json.encode(page).decode()})
