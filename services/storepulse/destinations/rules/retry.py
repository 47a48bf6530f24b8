"""When a failed attempt is repeated, and which answers are worth repeating."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

#: How far a wait is spread around its step, so that retries of one outage do not arrive together.
SPREAD = 0.2
#: A receiver's Retry-After may lengthen a wait up to this many steps.
LONGEST_RETRY_AFTER = 2.0

StatusVerdict = Literal["delivered", "retry", "refused", "gone"]

#: Answers that say that credentials are wrong, and nothing about the events.
OF_THE_ACCOUNT = frozenset({401, 403})
#: Client errors that the same request may get over: timeout, too early, too many.
_PASSING = frozenset({408, 425, 429})


def wait_before_retry(
    retry_seconds: Sequence[float], failures: int, draw: float, retry_after: float | None
) -> float | None:
    """Seconds until the next attempt after `failures` failed ones; None when no retry is left.

    `draw` in [0, 1) spreads the wait by `SPREAD`; `retry_after` is what the receiver asked for, in
    seconds: never less than that is waited, unless it is beyond `LONGEST_RETRY_AFTER` steps.
    """
    if failures > len(retry_seconds):
        return None
    step = retry_seconds[failures - 1]
    wait = step * (1 - SPREAD + 2 * SPREAD * draw)
    if retry_after is None:
        return wait
    return max(wait, min(retry_after, LONGEST_RETRY_AFTER * step))


def last_wait(retry_seconds: Sequence[float], draw: float) -> float:
    """Seconds between attempts beyond the schedule: its longest step, an hour where it has none."""
    return max(retry_seconds, default=3600.0) * (1 - SPREAD + 2 * SPREAD * draw)


def verdict_of_status(status: int) -> StatusVerdict:
    """What an HTTP status says about the events of its request.

    Redirects are refused: whoever answers them could send us anywhere.
    """
    if 200 <= status < 300:
        return "delivered"
    if status == 410:
        return "gone"
    if 300 <= status < 500 and status not in _PASSING:
        return "refused"
    return "retry"


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, a number or an HTTP date; None for anything else.

    A date that is past asks for none.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # A date that says -0000 comes without a zone: HTTP knows none but GMT.
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())
