"""How the command line shows deliveries, safely for a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from storepulse.cli.tail import plain, printable
from storepulse.destinations.rules.event_json import utc_text

Row = Mapping[str, Any]
#: What a delivery may be, in the order in which counts are shown.
STATUSES = ("pending", "sent", "failed", "skipped")


def document(row: Row) -> dict[str, Any]:
    """A row as JSON: ids as text, times in UTC. Earlier requests show in the log of attempts."""
    return {name: _json(value) for name, value in row.items() if name != "earlier_batches"}


def event(value: bytes) -> Any:
    """An event decoded, for JSON."""
    from storepulse.cli.tail import decode_value

    return json.loads(json.dumps(decode_value(value), default=plain))


def show_rows(rows: Sequence[Row]) -> None:
    """A delivery a line."""
    for row in rows:
        line = (
            f"{utc_text(row['received_at'])}  {row['status']:<7}  {_name(row):<20}"
            f"  {row['stream']} {row['event_type']}  {row['event_id']}{_why(row)}"
        )
        click.echo(printable(line))


def show_details(shown: Sequence[dict[str, Any]]) -> None:
    """Each delivery of an event, a field a line, its attempts below."""
    for number, entry in enumerate(shown):
        if number:
            click.echo()
        log = entry.pop("attempt_log")
        for name, value in entry.items():
            if value is not None and value != "":
                text = value if isinstance(value, str) else json.dumps(value)
                click.echo(printable(f"{name:<16} {text}"))
        for attempt in log:
            status = f" {attempt['status']}" if attempt["status"] else ""
            line = f"  {attempt['attempted_at']}  {attempt['outcome']}{status}"
            click.echo(printable(f"{line}  {attempt['seconds']:.3f} s  {attempt['error']}"))


def show_stats(rows: Sequence[Row]) -> None:
    """A table by destination and store."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("destination", no_wrap=True)
    table.add_column("store", no_wrap=True)
    for column in STATUSES:
        table.add_column(column, justify="right")
    for row in rows:
        counts = (f"{row[name]:,}" for name in STATUSES)
        table.add_row(Text(_name(row)), str(row["store_id"]), *counts)
    Console().print(table)


def show_backfill(result: Mapping[str, Any]) -> None:
    """What a backfill did, or would do."""
    for note in result["notes"]:
        click.echo(printable(note), err=True)
    verb = "would be queued" if result["dry_run"] else "queued"
    line = f"{result['queued']:,} {verb} of {result['matched']:,} that match"
    if result["failed_queued"]:
        line += f", {result['failed_queued']:,} failed ones {verb} again"
    if not result["complete"]:
        line += "; --max was reached, the same command goes on"
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
