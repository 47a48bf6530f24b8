"""SQL in files: statements under `-- name: x` lines, each asked for by its name."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

SQL_FILES = Path(__file__).with_name("sql")
_NAME = re.compile(r"^-- name: ([a-z0-9_]+)$", re.MULTILINE)


@cache
def named_sql(file: str) -> dict[str, str]:
    """The statements of `adapters/sql/<file>.sql` by name, in the file's order."""
    parts = _NAME.split((SQL_FILES / f"{file}.sql").read_text("utf-8"))
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}
