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
    """The events in their order within each session: how sessions interleave is chance."""
    return grouped(events, lambda e: (e["stream"], e["store_id"], e["session_id"] or e["event_id"]))
