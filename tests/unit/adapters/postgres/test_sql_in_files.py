"""SQL stands in .sql files alone; each keeps to the form, and each statement is asked for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from storepulse.adapters.postgres.named_sql import FRAGMENTS, parse_fragments, read_statements

ROOT = Path(__file__).parents[4]
SERVICES, BENCH = ROOT / "services" / "storepulse", ROOT / "bench"

#: How a statement begins. Keywords in capitals, as we write them, else prose would be taken for it.
STATEMENT = re.compile(
    r"""\s*(?: SELECT(?:\s|$) | INSERT\s+INTO\s | UPDATE\s+\S+\s.*\bSET\s | DELETE\s+FROM\s
    | MERGE\s+INTO\s | WITH\s+(?:RECURSIVE\s+)?\w+\s+AS\s | VALUES\s*\( | TABLE\s+\w
    | COPY\s.*\b(?:FROM|TO)\b | TRUNCATE\s | (?:CREATE|ALTER|DROP)\s+[A-Z]+\s
    | SET\s+(?:LOCAL\s|SESSION\s|\w+\s*=|\w+\s+TO\s) | SHOW\s+\w | RESET\s+\w
    | LOCK\s+TABLE\s | VACUUM\b | ANALYZE\b | EXPLAIN\s | CHECKPOINT\b | REINDEX\s | REFRESH\s
    | (?:BEGIN|COMMIT|ROLLBACK)(?:\s*;|\s*$|\s+(?:WORK|TRANSACTION|ISOLATION)) | SAVEPOINT\s
    | (?:LISTEN|UNLISTEN|NOTIFY)\s+\w | (?:GRANT|REVOKE)\s+[A-Z] | DO\s+\$ | CALL\s+\w+\( )""",
    re.VERBOSE | re.DOTALL,
)


def literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Texts and bytes with their lines, f-strings as one text, docstrings left out."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
            parts = (p.value if isinstance(p, ast.Constant) else "x" for p in node.values)
            yield node.lineno, "".join(map(str, parts))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in inside:
            if isinstance(node.value, bytes):
                yield node.lineno, node.value.decode("latin-1")
            elif isinstance(node.value, str):
                yield node.lineno, node.value


def statements_in(source: str) -> list[int]:
    """The lines on which a text begins that looks like SQL."""
    return [line for line, text in literals(ast.parse(source)) if STATEMENT.match(text)]


@pytest.mark.parametrize("folder", [SERVICES, BENCH], ids=["services", "bench"])
def test_no_python_file_holds_sql(folder: Path) -> None:
    offenders = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted(folder.rglob("*.py"))
        for line in statements_in(path.read_text("utf-8"))
    ]
    assert offenders == []


@pytest.mark.parametrize(
    "source",
    [
        'run("SELECT 1")',
        "run(b'SELECT now()')",
        'run(f"COPY {table} FROM STDIN")',
        'run("""\n  INSERT INTO t VALUES (1)""")',
        'run("UPDATE t AS x SET a = 1")',
        'run("SET lock_timeout = 1")',
        "run(\"SET LOCAL timezone TO 'UTC'\")",
        'run("CREATE TEMP TABLE t ()")',
        'run("DROP DATABASE " + name)',
        'run("WITH RECURSIVE a AS (SELECT 1) SELECT 2")',
        'run("LOCK TABLE t")',
        'run("BEGIN")',
        'run("ANALYZE")',
    ],
)
def test_sql_is_recognised(source: str) -> None:
    assert statements_in(source)


@pytest.mark.parametrize(
    "source",
    [
        '"""SELECT 1 in a docstring"""',
        'show("COPY into a plain table")',
        'allow("DELETE", "COPY")',
        'show("SET by the gateway")',
        'show("Select a store")',
        'find("SELECT#size")',
        'show("WITH care")',
    ],
)
def test_prose_is_no_sql(source: str) -> None:
    assert not statements_in(source)


FILES = sorted(
    path
    for folder in (SERVICES, BENCH)
    for path in folder.rglob("*.sql")
    if "migrations_sql" not in path.parts
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_keeps_to_the_form(path: Path) -> None:
    assert read_statements(path) or path.name == FRAGMENTS


def test_every_statement_is_asked_for() -> None:
    """Rollups' statements have the names of their tables, which the reducers' frames have."""
    words: set[str] = set()
    for folder in (SERVICES, BENCH):
        for path in folder.rglob("*.py"):
            words |= {text for _, text in literals(ast.parse(path.read_text("utf-8")))}
    prefixes = ("", "person_")
    unused = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in FILES
        if path.name != "rollup.sql"
        for name in read_statements(path)
        if not any(p in words and name.removeprefix(p) in words for p in prefixes)
    ]
    assert unused == []


def test_every_shared_fragment_is_used() -> None:
    for shared in SERVICES.rglob(FRAGMENTS):
        folder = "".join(path.read_text("utf-8") for path in shared.parent.glob("*.sql"))
        names = parse_fragments(shared.read_text("utf-8"), FRAGMENTS)
        assert [name for name in names if f"{{{name}}}" not in folder] == []
