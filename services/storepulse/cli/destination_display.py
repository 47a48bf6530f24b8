"""Prints destinations and outcomes of trials, with all text escaped for the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from storepulse.cli import json_output
from storepulse.cli.table import show_fields, show_table, text_column, wrapped
from storepulse.cli.tail import printable
from storepulse.domain.times import utc_text

if TYPE_CHECKING:
    from storepulse.destinations.rules.model import DeliveryOutcome, Destination, Event
    from storepulse.destinations.table.rows import DestinationRow


def document(entry: DestinationRow) -> dict[str, Any]:
    """A destination as JSON, without its secrets."""
    target = entry.destination
    return {
        "destination_id": target.destination_id,
        "name": target.name,
        "kind": target.kind,
        "status": target.status,
        "status_reason": entry.status_reason,
        "breaker": entry.breaker,
        "account_fault": entry.account_fault,
        "store_id": target.store_id,
        "streams": sorted(target.streams),
        "types": sorted(target.types),
        "consent": sorted(target.consent),
        "include_bots": target.include_bots,
        "config": entry.shown_config,
        "secret_ends": dict(entry.secret_ends),
        "ordered": target.ordered,
        "batch_events": target.batch_events,
        "batch_seconds": target.batch_seconds,
        "max_in_flight": target.max_in_flight,
        "rate_per_second": target.rate_per_second,
        "retry_seconds": list(target.retry_seconds),
        "timeout_seconds": target.timeout_seconds,
        "created_at": utc_text(entry.created_at),
        "updated_at": utc_text(entry.updated_at),
    }


def answer(
    target: Destination, event: Event, outcome: DeliveryOutcome, *, taken: bool
) -> dict[str, Any]:
    """The outcome of a trial as JSON."""
    return {
        "destination": target.name,
        "taken": taken,
        "event_id": event.event_id,
        "stream": event.stream,
        "type": event.event_type,
        "verdict": outcome.verdict,
        "status": outcome.status,
        "error": "; ".join(reasons(outcome)),
        "seconds": round(outcome.seconds, 3),
    }


def show_answer(event: Event, outcome: DeliveryOutcome, *, taken: bool) -> None:
    """Prints the outcome of a trial in two lines."""
    click.echo(f"{event.stream} {event.event_type} {event.event_id}")
    click.echo(
        printable(
            f"{'taken' if taken else outcome.verdict} in {outcome.seconds:.3f} s"
            + (f", status {outcome.status}" if outcome.status else "")
            + "".join(f"; {reason}" for reason in reasons(outcome))
        )
    )


def show(entry: DestinationRow, *, as_json: bool) -> None:
    """Prints one destination, one field per line."""
    shown = document(entry)
    if as_json:
        json_output.print_json(shown)
        return
    show_fields(
        (name, value if isinstance(value, str) else json.dumps(value))
        for name, value in shown.items()
    )


def warn(entry: DestinationRow) -> None:
    """Prints warnings about accepted values that should be changed soon, on standard error."""
    for warning in entry.warnings:
        click.echo(printable(f"warning: {warning}"), err=True)


def valid_secrets(entry: DestinationRow) -> Iterator[str]:
    """How many secrets are valid, and when they end, one line per name."""
    for name, ends in entry.secret_ends.items():
        older = [f"until {end[:16]}Z" if end else "until --retire" for end in ends[1:]]
        beside = f", and {len(older)} before it: {', '.join(older)}" if older else " alone"
        line = f"{entry.destination.name}: the newest {name} secret is valid{beside}"
        yield from wrapped(printable(line), indent=2)


def show_secret(secret: str | None) -> None:
    """Prints a new secret, if there is one. The warning goes to standard error."""
    if secret is not None:
        click.echo(secret)
        click.echo("save the secret now: it is stored encrypted and never shown again", err=True)


def show_destinations(entries: list[DestinationRow]) -> None:
    """Prints a table of destinations."""
    rows = []
    for entry in entries:
        target = entry.destination
        wants = ", ".join(sorted(target.streams)) or "every stream"
        types = ", ".join(sorted(target.types))
        state = target.status if entry.breaker == "closed" else f"{target.status}, {entry.breaker}"
        why = entry.status_reason or entry.account_fault
        rows.append(
            (target.name, target.kind, state, wants + (f" ({types})" if types else ""), why)
        )
    show_table(
        [text_column("destination"), "kind", text_column("state"), text_column("events"),
         text_column("why")],
        rows,
    )  # fmt: skip


def reasons(outcome: DeliveryOutcome) -> list[str]:
    """The reasons why an attempt did not deliver every event."""
    texts = [outcome.error, *outcome.refusals.values(), *outcome.omissions.values()]
    return [reason for reason in texts if reason]
