"""The life of a test: draft → running ↔ paused → completed → archived.

A draft may be changed and deleted. A running or paused test may be changed too: a change of what
visitors see or of what is measured begins its next phase at once; see `begins_phase`.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from storepulse.domain.experiments.definition import Definition, Status

Move = Literal["start", "pause", "resume", "complete", "archive", "edit", "delete"]

#: (status, move) -> the next status; all other moves are refused.
_MOVES: dict[tuple[Status, Move], Status] = {
    ("draft", "start"): "running",
    ("paused", "start"): "running",
    ("running", "pause"): "paused",
    ("paused", "resume"): "running",
    ("running", "complete"): "completed",
    ("paused", "complete"): "completed",
    ("completed", "archive"): "archived",
    ("draft", "edit"): "draft",
    ("running", "edit"): "running",
    ("paused", "edit"): "paused",
    ("draft", "delete"): "draft",
}


def status_after(status: Status, move: Move) -> Status | None:
    """The status after a move; None if it is refused."""
    return _MOVES.get((status, move))


def reason_against(status: Status, move: Move) -> str:
    """Why a move is refused: `is completed and cannot be paused`."""
    allowed = [known for known, other in _MOVES if other == move]
    done = {"edit": "changed", "start": "started", "resume": "resumed", "delete": "deleted"}
    what = done.get(move, f"{move}d")
    return f"is {status} and cannot be {what}: that requires {' or '.join(allowed)}"


def is_plan_alone(old: Definition, new: Definition) -> bool:
    """Whether two definitions differ only in inputs of planning."""
    return old == replace(
        new,
        baseline_rate=old.baseline_rate,
        relative_effect=old.relative_effect,
        power=old.power,
    )


def raises_traffic_alone(old: Definition, new: Definition) -> bool:
    """Whether only the share of visitors grows. Current visitors stay in their variants, so the
    phase continues with the larger share."""
    return new.traffic > old.traffic and is_plan_alone(old, replace(new, traffic=old.traffic))


def begins_phase(old: Definition, new: Definition) -> bool:
    """Whether the change of a running test begins a phase."""
    return not (is_plan_alone(old, new) or raises_traffic_alone(old, new))
