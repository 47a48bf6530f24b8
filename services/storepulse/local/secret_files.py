"""Passwords that this installation created, in `<home>/secrets`: one JSON file for each system.

Folder and files are closed to other accounts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from storepulse.local.closed_files import write_closed


def read_secrets(home: Path, system: str) -> dict[str, Any]:
    """The content stored for `system`; empty if there is none or we may not read it."""
    try:
        content = json.loads(_file_of(home, system).read_text())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    return dict(content)


def write_secrets(home: Path, system: str, content: dict[str, Any]) -> None:
    """Replace the content stored for `system`."""
    path = _file_of(home, system)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    write_closed(path, json.dumps(content, indent=2))


def _file_of(home: Path, system: str) -> Path:
    return home / "secrets" / f"{system}.json"
