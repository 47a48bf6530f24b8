"""Usage statements: a store's month as a text that anyone can reproduce.

The text, in UTF-8, each line ending in a line feed:

    storepulse usage statement 1
    store <id>
    period <yyyy-mm>
    zone <IANA time zone on the last day>
    from <first moment of the month>
    to <first moment after it>
    line <meter> <count> <sum> <max> <last>
    adjustment <yyyy-mm> <meter> <count> <sum> <change of max> <change of last>
    events <count of all lines>
    digest <SHA-256>

Lines are sorted by meter, adjustments by month and meter, as bytes. The digest is over the lines
`<event id> <meter> <quantity> <occurred at>` of the month's events, sorted by id and time, each
ending in a line feed. Quantities have four decimals, times are UTC with milliseconds and Z, hashes
are lower-case hex. The statement's hash is the SHA-256 of its text.

The month's events are those that happened in it and were stored before it was closed, and late
events of closed months that were stored since the previous month was closed; these adjust the
closed months. `last` is the quantity of the greatest (occurred at, event id).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from storepulse.domain.errors import Rejected
from storepulse.domain.times import utc_text

VERSION = 1
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent:
    """One event. `period`: the first day of the store's month in which it happened."""

    event_id: str
    meter: str
    quantity: Decimal
    occurred_at: datetime
    period: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterFigures:
    """Figures of a meter.

    `max` and the `last` fields cover all events so far, `count` and `sum` those since the previous
    statement.
    """

    count: int = 0
    sum: Decimal = _NOTHING
    max: Decimal
    last: Decimal
    last_at: datetime
    last_id: str

    def plus(self, event: UsageEvent) -> MeterFigures:
        """Return the figures with one more event."""
        is_last = (event.occurred_at, event.event_id) > (self.last_at, self.last_id)
        return MeterFigures(
            count=self.count + 1,
            sum=self.sum + event.quantity,
            max=max(self.max, event.quantity),
            last=event.quantity if is_last else self.last,
            last_at=event.occurred_at if is_last else self.last_at,
            last_id=event.event_id if is_last else self.last_id,
        )


def figures_of(event: UsageEvent) -> MeterFigures:
    """Return the figures of a first event."""
    return MeterFigures(
        count=1,
        sum=event.quantity,
        max=event.quantity,
        last=event.quantity,
        last_at=event.occurred_at,
        last_id=event.event_id,
    )


#: (first day of the month in which events happened, meter).
LineKey = tuple[date, str]
#: Figures of closed months in their latest statements.
Before = Mapping[LineKey, MeterFigures]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementHead:
    """The store and month of a statement. `ends_at` is exclusive."""

    store_id: str
    period: date
    zone: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """A meter's figures, and their change since the previous statement.

    `for_period` is the statement's own month, or the closed month that is adjusted.
    """

    for_period: date
    meter: str
    figures: MeterFigures
    max_change: Decimal
    last_change: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageStatement:
    """A month's statement, with lines in the order of the text."""

    head: StatementHead
    lines: tuple[StatementLine, ...]
    digest: str

    @property
    def events(self) -> int:
        """The number of events that it counts."""
        return sum(line.figures.count for line in self.lines)

    @property
    def text(self) -> str:
        """The text that is hashed."""
        head = self.head
        rows = [
            f"storepulse usage statement {VERSION}",
            f"store {head.store_id}",
            f"period {month_text(head.period)}",
            f"zone {head.zone}",
            f"from {utc_text(head.starts_at)}",
            f"to {utc_text(head.ends_at)}",
            *(_text_of(line, head.period) for line in self.lines),
            f"events {self.events}",
            f"digest {self.digest}",
        ]
        return "".join(f"{row}\n" for row in rows)

    @property
    def hash(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def make_statement(
    head: StatementHead, events: Iterable[UsageEvent], before: Before
) -> UsageStatement:
    """Return the statement of a month's events, which must be sorted by id and time.

    `before` has the figures of the closed months that they adjust. Raises Rejected for events out
    of order.
    """
    figures: dict[LineKey, MeterFigures] = {}
    digest, last_place = hashlib.sha256(), ("", datetime.min.replace(tzinfo=UTC))
    for event in events:
        place = (event.event_id, event.occurred_at)
        if place <= last_place:
            raise Rejected("event_id", f"{event.event_id} is not in order, or is there twice")
        last_place = place
        digest.update(digest_line(event).encode())
        key = (event.period, event.meter)
        so_far = figures.get(key)
        if so_far is None and (known := before.get(key)) is not None:
            so_far = replace(known, count=0, sum=_NOTHING)
        figures[key] = figures_of(event) if so_far is None else so_far.plus(event)
    lines = [_line_of(key, made, before.get(key)) for key, made in figures.items()]
    lines.sort(key=lambda line: _place_of(line, head.period))
    return UsageStatement(head=head, lines=tuple(lines), digest=digest.hexdigest())


def digest_line(event: UsageEvent) -> str:
    """Return an event's line in the digest."""
    at = utc_text(event.occurred_at)
    return f"{event.event_id} {event.meter} {event.quantity:.4f} {at}\n"


def month_text(period: date) -> str:
    """Return a month as text, such as `2026-10`."""
    return period.isoformat()[: len("2026-10")]


def month_of(field: str, text: str) -> date:
    """Return the first day of a month such as `2026-10`. Raises Rejected if it is not one."""
    try:
        if len(text) != len("2026-10"):
            raise ValueError
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Rejected(field, "is not a month such as 2026-10") from None


def _line_of(key: LineKey, figures: MeterFigures, before: MeterFigures | None) -> StatementLine:
    for_period, meter = key
    return StatementLine(
        for_period=for_period,
        meter=meter,
        figures=figures,
        max_change=figures.max - (before.max if before else _NOTHING),
        last_change=figures.last - (before.last if before else _NOTHING),
    )


def _place_of(line: StatementLine, period: date) -> tuple[bool, date, bytes]:
    return line.for_period != period, line.for_period, line.meter.encode()


def _text_of(line: StatementLine, period: date) -> str:
    figures = line.figures
    counted = f"{line.meter} {figures.count} {figures.sum:.4f}"
    if line.for_period == period:
        return f"line {counted} {figures.max:.4f} {figures.last:.4f}"
    changes = f"{line.max_change:.4f} {line.last_change:.4f}"
    return f"adjustment {month_text(line.for_period)} {counted} {changes}"
