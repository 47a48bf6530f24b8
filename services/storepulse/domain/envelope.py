"""Fields of every event besides its stream's own: client time, source, consent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from storepulse.domain.errors import Rejected
from storepulse.domain.times import utc_text

#: Client times outside of this window around the server's are refused.
FURTHEST_AHEAD_MS = 24 * 3_600_000
FURTHEST_BACK_MS = 30 * 24 * 3_600_000

#: A smaller error of a client's clock is ignored.
CLOCK_TOLERANCE_MS = 5 * 60_000

#: Numbers from here on are epoch milliseconds, smaller ones epoch seconds. 10^11 seconds is the
#: year 5138, 10^11 milliseconds is 1973.
_FIRST_MILLISECOND = 100_000_000_000

#: The maximum length of a time in a URL.
_MOST_DIGITS = 15

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

#: Kinds of client that a beacon may name. Without a secret key only `ANYBODYS` count, because an
#: unknown sender cannot claim to be the shop's server.
Source = Literal["tracker", "server", "bot", "webapp", "import", "replay"]
ANYBODYS: frozenset[Source] = frozenset({"tracker", "webapp"})
#: Clients that are not browsers: the user agent of their requests is not a visitor's.
PROGRAMS: frozenset[str] = frozenset({"server", "bot"})
Choice = Literal["granted", "denied", "unknown"]

#: RFC 3339 text with a zone, epoch milliseconds or epoch seconds.
Timestamp = int | float | Annotated[datetime, msgspec.Meta(tz=True)]


class Consent(msgspec.Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """What the visitor agreed to, as the client stated it."""

    analytics: Choice = "unknown"
    marketing: Choice = "unknown"


def stated_ms(timestamp: int | float | datetime) -> int:
    """A client's time in epoch milliseconds."""
    if isinstance(timestamp, datetime):
        return (timestamp - _EPOCH) // _MILLISECOND
    if timestamp >= _FIRST_MILLISECOND:
        return int(timestamp)
    # Before 1970 is too old in any case, and the lowest floats times 1000 would be -inf.
    return int(max(timestamp, 0) * 1000)


def sent_ms(text: str) -> int:
    """The time of sending in a URL, in epoch milliseconds. Raises Rejected."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise Rejected("sent_at", "must be a time in epoch milliseconds, such as 1767225600000")
    return stated_ms(int(text))


def clock_error_ms(sent_at: int | float | datetime, received_at: int) -> int:
    """How far a client's clock is ahead of ours, in milliseconds; 0 within five minutes."""
    ahead = stated_ms(sent_at) - received_at
    return 0 if abs(ahead) <= CLOCK_TOLERANCE_MS else ahead


def occurred_ms(timestamp: int | float | datetime, received_at: int, clock_error: int = 0) -> int:
    """When an event happened by our clock, in epoch milliseconds.

    `clock_error`: how far the client's clock is ahead. Raises Rejected outside of the accepted
    window.
    """
    ms = stated_ms(timestamp) - clock_error
    if ms > received_at + FURTHEST_AHEAD_MS:
        raise Rejected("timestamp", "is more than 24 hours ahead")
    if ms < received_at - FURTHEST_BACK_MS:
        raise Rejected("timestamp", "is more than 30 days old")
    return ms


def certain_ms(received_at: int) -> tuple[int, int]:
    """The least and greatest integer that `occurred_ms` returns unchanged, as most client times."""
    return (
        max(received_at - FURTHEST_BACK_MS, _FIRST_MILLISECOND),
        received_at + FURTHEST_AHEAD_MS,
    )


def iso_ms(ms: int) -> str:
    """Epoch milliseconds as `2024-01-01T12:00:00.000Z`."""
    return utc_text(_EPOCH + timedelta(milliseconds=ms))
