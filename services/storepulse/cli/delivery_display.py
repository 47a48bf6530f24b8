"""Prints deliveries, with all text escaped for the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from storepulse.cli.table import (
    number_columns,
    show_fields,
    show_table,
    text_column,
    wrapped,
)
from storepulse.cli.tail import plain, printable
from storepulse.domain.times import utc_text

Row = Mapping[str, Any]
#: Statuses of deliveries, in display order.
STATUSES = ("pending", "sent", "failed", "skipped")


def document(row: Row) -> dict[str, Any]:
    """A row as JSON: ids as text, times in UTC. Earlier batches are in the log of attempts."""
    return {name: _json(value) for name, value in row.items() if name != "earlier_batches"}


def event(value: bytes) -> Any:
    """A decoded event as JSON."""
    from storepulse.cli.tail import decode_value

    return json.loads(json.dumps(decode_value(value), default=plain))


def show_rows(rows: Sequence[Row]) -> None:
    """Prints each delivery in two or more lines: time, status and event; then destination and
    reason."""
    for row in rows:
        click.echo(f"{row['received_at']:%m-%d %H:%M:%S}  {row['status']:<7}  {row['event_id']}")
        line = f"  {_name(row)}  {row['stream']} {row['event_type']}{_why(row)}"
        for part in wrapped(printable(line), indent=4):
            click.echo(part)


def show_details(shown: Sequence[dict[str, Any]]) -> None:
    """Prints each delivery of an event, one field per line, with its attempts below."""
    for number, entry in enumerate(shown):
        if number:
            click.echo()
        log = entry.pop("attempt_log")
        show_fields(
            (name, value if isinstance(value, str) else json.dumps(value))
            for name, value in entry.items()
            if value is not None and value != ""
        )
        for attempt in log:
            status = f" {attempt['status']}" if attempt["status"] else ""
            line = f"  {attempt['attempted_at']}  {attempt['outcome']}{status}"
            line = printable(f"{line}  {attempt['seconds']:.3f} s  {attempt['error']}")
            for part in wrapped(line.rstrip(), indent=4):
                click.echo(part)


def show_stats(rows: Sequence[Row]) -> None:
    """Prints a table by destination and store."""
    show_table(
        [text_column("destination"), "store", *number_columns(*STATUSES)],
        (
            (_name(row), str(row["store_id"]), *(f"{row[name]:,}" for name in STATUSES))
            for row in rows
        ),
    )


def show_backfill(result: Mapping[str, Any]) -> None:
    """Prints what a backfill did, or would do in a dry run."""
    for note in result["notes"]:
        click.echo(printable(note), err=True)
    verb = "would be queued" if result["dry_run"] else "queued"
    line = f"{result['queued']:,} {verb} of {result['matched']:,} that match"
    if result["failed_queued"]:
        line += f", {result['failed_queued']:,} failed ones {verb} again"
    if not result["complete"]:
        line += "; --max was reached, run the same command again to continue"
    click.echo(line)


def _name(row: Row) -> str:
    return row["destination"] or f"(removed {row['destination_id']})"


def _why(row: Row) -> str:
    if row["status"] == "sent" or not row["last_error"]:
        return ""
    return f"  attempt {row['attempts']}: {row['last_error'][:200]}"


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return utc_text(value)
    return str(value) if isinstance(value, UUID) else value
