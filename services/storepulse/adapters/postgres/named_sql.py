"""SQL in files: statements under `-- name: x` lines, each asked for by its name."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
_NAME = re.compile(r"^-- name: ([a-z0-9_]+)$", re.MULTILINE)


@cache
def named_sql(file: str) -> dict[str, str]:
    """The statements of `storepulse/<file>.sql` by name, in the file's order."""
    parts = _NAME.split((PACKAGE / f"{file}.sql").read_text("utf-8"))
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}
