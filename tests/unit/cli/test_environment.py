"""Only a command reads the environment: everything below it is handed settings, or the mapping."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "services" / "storepulse"
READS = {"os.environ", "os.environb", "os.getenv", "os.putenv"}


def lines_that_read_it(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in READS:
            yield f"{path.relative_to(PACKAGE)}:{node.lineno}"
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (
                f"{path.relative_to(PACKAGE)}:{node.lineno}"
                for name in node.names
                if f"os.{name.name}" in READS
            )


def test_nothing_below_a_command_reads_the_environment() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if not path.is_relative_to(PACKAGE / "cli")]
    assert len(files) > 200
    assert [line for path in files for line in lines_that_read_it(path)] == []
    assert list(lines_that_read_it(PACKAGE / "cli" / "up.py"))
