"""Whether this version can read the data below the home folder.

Versions before 0.1.0 changed schemas and tables in place, so that old events would not decode, and
old figures would be inconsistent. Such a folder is refused before anything is started on it.
"""

from __future__ import annotations

from pathlib import Path

from storepulse.domain.errors import Misconfigured

#: Increased when data of the previous version can no longer be read.
FORMAT = "5"
_DATA = ("kafka", "postgres")


def require_readable(home: Path) -> None:
    """Mark a new folder. Raises Misconfigured for a folder with data of another version."""
    marker = home / "data-format"
    has_data = any((home / name).exists() for name in _DATA)
    if not marker.is_file() and not has_data:
        marker.write_text(FORMAT + "\n")
        return
    text = marker.read_text().strip() if marker.is_file() else "unknown"
    if text != FORMAT:
        raise Misconfigured(
            "STOREPULSE_HOME",
            f"{home} holds data of another version (format {text}, this one reads {FORMAT});"
            " versions before 0.1.0 carry none over. Remove the folder, or name another one",
        )
