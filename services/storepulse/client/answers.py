"""Interpret the gateway's answers: what happens to the events, and how long to wait."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

#: 4xx statuses that are transient: a used-up plan, a timeout, a rate limit.
_PASSING = frozenset({402, 408, 429})
_TOO_LARGE = 413
#: The longest Retry-After that is obeyed.
LONGEST_RETRY_AFTER = 3600.0

Outcome = Literal["taken", "kept", "refused", "too_large"]


@dataclass(frozen=True, slots=True)
class AnswerVerdict:
    """What happens to a batch.

    `wait`: seconds that the gateway asks for. `refused`: indexes of single refused events, with
    field and reason.
    """

    outcome: Outcome
    status: int | None = None
    reason: str = ""
    wait: float | None = None
    refused: tuple[tuple[int, str], ...] = ()


def verdict_of(
    status: int, headers: Mapping[str, str], body: bytes, now: datetime
) -> AnswerVerdict:
    """The verdict on an answer. `headers` must have lower-case names."""
    if 200 <= status < 300:
        return AnswerVerdict("taken", status, refused=_refused_events(body))
    if status == _TOO_LARGE:
        return AnswerVerdict("too_large", status, "the body is too large")
    if status >= 500 or status in _PASSING or status < 400:
        wait = seconds_to_wait(headers.get("retry-after", ""), now)
        return AnswerVerdict("kept", status, f"answered {status}", wait)
    return AnswerVerdict("refused", status, _message(status, body))


def seconds_to_wait(text: str, now: datetime) -> float | None:
    """`Retry-After`, a number of seconds or a date, as seconds from now; None if it is
    unreadable."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), LONGEST_RETRY_AFTER)


def _object_of(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _refused_events(body: bytes) -> tuple[tuple[int, str], ...]:
    """Indexes and reasons of the events that an accepted batch lost."""
    answer = _object_of(body)
    rejected = answer.get("rejected")
    data = answer.get("data")
    if isinstance(data, dict) and isinstance(data.get("results"), list):
        rejected = [
            outcome
            for outcome in data["results"]
            if isinstance(outcome, dict) and outcome.get("status") == "error"
        ]
    if not isinstance(rejected, list):
        return ()
    return tuple(
        (event["index"], f"{event.get('field', '')}: {event.get('reason', '')}")
        for event in rejected
        if isinstance(event, dict) and isinstance(event.get("index"), int)
    )


def _message(status: int, body: bytes) -> str:
    answer = _object_of(body)
    details = answer.get("details")
    text = f"answered {status}: {answer.get('message') or answer.get('error') or 'no reason'}"
    if isinstance(details, dict) and "field" in details:
        text += f" ({details.get('field')}: {details.get('reason')})"
    return text[:500]
