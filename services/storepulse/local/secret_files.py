"""Passwords that this installation made, in `<home>/secrets`: one JSON file for each system.

Rules: folder and files are closed to other accounts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from storepulse.local.closed_files import write_closed


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
    write_closed(path, json.dumps(content, indent=2))


def _file_of(home: Path, system: str) -> Path:
    return home / "secrets" / f"{system}.json"
