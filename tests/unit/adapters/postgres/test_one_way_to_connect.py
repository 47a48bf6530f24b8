"""Connections are opened by `sessions` and `pool` alone: named, with limits, in UTC."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from storepulse.adapters.postgres.named_sql import PACKAGE

OPENERS = {"psycopg.connect", "psycopg.Connection.connect", "psycopg.AsyncConnection.connect"}
POOLS = {"ConnectionPool", "AsyncConnectionPool", "NullConnectionPool", "AsyncNullConnectionPool"}
ALLOWED = {"adapters/postgres/sessions.py", "adapters/postgres/pool.py"}


def openings(source: str) -> Iterator[str]:
    """What a module opens connections with."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in OPENERS:
            yield ast.unparse(node)
        if isinstance(node, ast.ImportFrom) and node.module == "psycopg":
            yield from (name.name for name in node.names if name.name == "connect")
        if isinstance(node, ast.ImportFrom) and node.module == "psycopg_pool":
            yield from (name.name for name in node.names if name.name in POOLS)


def test_no_other_module_opens_a_connection() -> None:
    opening = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if list(openings(path.read_text("utf-8")))
    }
    assert opening == ALLOWED
