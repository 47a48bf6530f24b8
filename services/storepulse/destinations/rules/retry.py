"""The retry policy: when a failed attempt is repeated, and which answers are retried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

#: Jitter of a wait, as a share of its step, so that retries after an outage are spread out.
SPREAD = 0.2
#: A Retry-After may extend a wait to at most this many steps.
LONGEST_RETRY_AFTER = 2.0

StatusVerdict = Literal["delivered", "retry", "refused", "gone"]

#: Statuses that concern our credentials, not the events.
OF_THE_ACCOUNT = frozenset({401, 403})
#: Client errors that are retried: timeout, too early, too many requests.
_PASSING = frozenset({408, 425, 429})


def wait_before_retry(
    retry_seconds: Sequence[float], failures: int, draw: float, retry_after: float | None
) -> float | None:
    """Seconds until the next attempt after `failures` failed ones; None when no retry is left.

    `draw` in [0, 1) sets the jitter. `retry_after` is what the receiver asked for, in seconds. The
    wait is at least that, up to `LONGEST_RETRY_AFTER` steps.
    """
    if failures > len(retry_seconds):
        return None
    step = retry_seconds[failures - 1]
    wait = step * (1 - SPREAD + 2 * SPREAD * draw)
    if retry_after is None:
        return wait
    return max(wait, min(retry_after, LONGEST_RETRY_AFTER * step))


def last_wait(retry_seconds: Sequence[float], draw: float) -> float:
    """Seconds between attempts after the last retry: the longest step, or an hour without steps."""
    return max(retry_seconds, default=3600.0) * (1 - SPREAD + 2 * SPREAD * draw)


def verdict_of_status(status: int) -> StatusVerdict:
    """The verdict on a request's events by its HTTP status.

    Redirects are refused, because they could lead to any address.
    """
    if 200 <= status < 300:
        return "delivered"
    if status == 410:
        return "gone"
    if 300 <= status < 500 and status not in _PASSING:
        return "refused"
    return "retry"


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header, a number or an HTTP date; None for anything else.

    A past date gives 0.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # Python parses the zone -0000 as a naive time. HTTP dates are always GMT.
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())
