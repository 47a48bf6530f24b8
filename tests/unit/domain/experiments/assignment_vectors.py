"""Draws that were computed by others: by the library mmh3, and by JavaScript in Node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[3] / "data" / "experiments" / "assignment.json"


def vectors() -> list[dict[str, Any]]:
    """Each with `input` and `expect`."""
    found: list[dict[str, Any]] = json.loads(FILE.read_text("utf-8"))
    assert len(found) == 200
    return found
