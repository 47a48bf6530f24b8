"""Named statements of the bench's own .sql files; free of the product, since contenders use it."""

from __future__ import annotations

import re
from pathlib import Path


def named_statements(path: Path) -> dict[str, str]:
    """The statements under `-- name: x` lines, by name."""
    pieces = re.split(r"^-- name: (\w+)$", path.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))
