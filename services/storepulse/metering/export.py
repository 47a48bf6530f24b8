"""A closed month of usage as JSON lines, from which anyone can reproduce its statement.

The first line is `{"statement": {store_id, period, zone, from, to, hash}}`. Lines `{"before":
{period, meter, max, last, last_at, last_id}}` follow, with the figures of closed months that late
events adjust. Each further line is an event, sorted by id: `{event_id, meter, quantity, at,
period}`. Quantities are text with four decimals, times UTC with milliseconds and Z, periods months.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.currencies import amount
from storepulse.domain.errors import Rejected
from storepulse.domain.identity import canonical_uuid
from storepulse.domain.times import utc_text
from storepulse.metering.reading import read_before, read_events
from storepulse.streams.usage.statement import (
    Before,
    LineKey,
    MeterFigures,
    StatementHead,
    UsageEvent,
    UsageStatement,
    make_statement,
    month_of,
    month_text,
)

#: Longer lines are not events.
_LINE_CHARACTERS = 10_000


def export_lines(connection: Connection, statement: UsageStatement) -> Iterator[str]:
    """Yield the lines of a closed month, without line feeds.

    The connection must be in a transaction.
    """
    store_id, period = UUID(statement.head.store_id), statement.head.period
    before = read_before(connection, store_id, period)
    yield from lines_of(statement, before, read_events(connection, store_id, period))


def lines_of(
    statement: UsageStatement, before: Before, events: Iterable[UsageEvent]
) -> Iterator[str]:
    """Yield the lines from the statement's data."""
    head = statement.head
    yield _json(
        statement={
            "store_id": head.store_id,
            "period": month_text(head.period),
            "zone": head.zone,
            "from": utc_text(head.starts_at),
            "to": utc_text(head.ends_at),
            "hash": statement.hash,
        }
    )
    for (for_period, meter), figures in before.items():
        yield _json(
            before={
                "period": month_text(for_period),
                "meter": meter,
                "max": f"{figures.max:.4f}",
                "last": f"{figures.last:.4f}",
                "last_at": utc_text(figures.last_at),
                "last_id": figures.last_id,
            }
        )
    for event in events:
        yield _json(
            event_id=event.event_id,
            meter=event.meter,
            quantity=f"{event.quantity:.4f}",
            at=utc_text(event.occurred_at),
            period=month_text(event.period),
        )


def statement_of_export(lines: Iterable[str]) -> tuple[UsageStatement, str]:
    """Return the statement computed from an export's events, and the hash that the export states.

    Raises Rejected for a line in another format.
    """
    head: StatementHead | None = None
    before: dict[LineKey, MeterFigures] = {}
    documents = _documents_of(lines)
    first: list[dict[str, Any]] = []
    stated = ""
    for document in documents:
        if "statement" in document:
            head, stated = _head_of(document["statement"])
        elif "before" in document:
            key, figures = _before_of(document["before"])
            before[key] = figures
        else:
            first.append(document)
            break
    if head is None:
        raise Rejected("line 1", 'is not {"statement": …}')

    def events() -> Iterator[UsageEvent]:
        yield from map(_event_of, first)
        yield from map(_event_of, documents)

    return make_statement(head, events(), before), stated


def _json(**document: Any) -> str:
    return json.dumps(document, separators=(",", ":"))


def _documents_of(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            document = json.loads(line) if len(line) <= _LINE_CHARACTERS else None
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise Rejected(f"line {number}", "is not a JSON object of an export")
        yield document


def _head_of(stated: Any) -> tuple[StatementHead, str]:
    head = StatementHead(
        store_id=canonical_uuid("store_id", _text(stated, "store_id")),
        period=month_of("period", _text(stated, "period")),
        zone=_text(stated, "zone"),
        starts_at=_time(stated, "from"),
        ends_at=_time(stated, "to"),
    )
    return head, _text(stated, "hash")


def _before_of(stated: Any) -> tuple[LineKey, MeterFigures]:
    key = month_of("period", _text(stated, "period")), _text(stated, "meter")
    figures = MeterFigures(
        max=_quantity(stated, "max"),
        last=_quantity(stated, "last"),
        last_at=_time(stated, "last_at"),
        last_id=canonical_uuid("last_id", _text(stated, "last_id")),
    )
    return key, figures


def _event_of(stated: dict[str, Any]) -> UsageEvent:
    return UsageEvent(
        event_id=canonical_uuid("event_id", _text(stated, "event_id")),
        meter=_text(stated, "meter"),
        quantity=_quantity(stated, "quantity"),
        occurred_at=_time(stated, "at"),
        period=month_of("period", _text(stated, "period")),
    )


def _text(stated: Any, name: str) -> str:
    value = stated.get(name) if isinstance(stated, dict) else None
    if not isinstance(value, str):
        raise Rejected(name, "is not text")
    return value


def _quantity(stated: Any, name: str) -> Decimal:
    return amount(name, _text(stated, name))


def _time(stated: Any, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(_text(stated, name))
    except ValueError:
        raise Rejected(name, "is not a time") from None
    return at.replace(tzinfo=at.tzinfo or UTC)
