"""Passwords that this installation made, in `<home>/secrets`: one JSON file for each system.

Rules: folder and files are closed to other accounts. A file is replaced as a whole, so that a kill
leaves the old one or the new one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def read_secrets(home: Path, system: str) -> dict[str, Any]:
    """What is kept for `system`; empty where nothing is, or where we may not read it."""
    try:
        content = json.loads(_file_of(home, system).read_text())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    return dict(content)


def write_secrets(home: Path, system: str, content: dict[str, Any]) -> None:
    """Keeps `content` for `system` instead of what was there."""
    path = _file_of(home, system)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _file_of(home: Path, system: str) -> Path:
    return home / "secrets" / f"{system}.json"
