"""The events that the demo wrote, one JSON object a line, in the order of their session."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from storepulse.exactness.model.events import Event, grouped


def read_events(*files: Path) -> list[Event]:
    """The events of the demo's files, in their order."""
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def by_session(events: Iterable[Event]) -> dict[Any, list[Event]]:
    """The events of each session by their time: how sessions interleave is chance, and so is how
    two visits to one chat do, which are one session."""
    ordered = sorted(events, key=lambda e: (e["occurred_at"], e["event_id"]))
    return grouped(
        ordered, lambda e: (e["stream"], e["store_id"], e["session_id"] or e["event_id"])
    )
