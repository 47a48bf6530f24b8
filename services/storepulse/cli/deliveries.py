"""`storepulse deliveries`: lists and resends deliveries. Backfill is in `delivery_backfill`."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from storepulse.cli import delivery_backfill, json_output
from storepulse.cli import delivery_display as display
from storepulse.cli.database import connection
from storepulse.cli.parameters import Since, Store
from storepulse.domain.errors import Rejected

#: Maximum of deliveries, one for each destination, shown for one event.
MOST_OF_EVENT = 500
_destination = click.option("--destination", metavar="NAME|ID", help="To this destination only.")


@click.group()
def command() -> None:
    """List deliveries, send them again, and send what a destination never got.

    Example: storepulse deliveries stats
    """


command.add_command(delivery_backfill.command)


@command.command()
@_destination
@click.option("--status", type=click.Choice(display.STATUSES), help="Only these statuses.")
@click.option("--store", type=Store(), help="Only this store.")
@click.option("--stream", help="Only this stream.")
@click.option("--since", type=Since(), help="Received at this time or later.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@json_output.as_json
def ls(
    *,
    destination: str | None,
    status: str | None,
    store: UUID | None,
    stream: str | None,
    since: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """List single deliveries, newest events first.

    Example: storepulse deliveries ls --destination shop-crm --status failed --since 24h
    """
    from storepulse.destinations.delivery_reads import read_page

    with connection() as opened:
        rows = read_page(
            opened, limit, destination_id=_id_of(opened, destination), status=status,
            store_id=store, stream=stream, since=since,
        )  # fmt: skip
    if as_json:
        json_output.print_json([display.document(row) for row in rows])
    else:
        display.show_rows(rows)


@command.command()
@click.argument("event_id", type=click.UUID)
@click.option("--event", "with_event", is_flag=True, help="Show the decoded event too.")
@json_output.as_json
def show(event_id: UUID, *, with_event: bool, as_json: bool) -> None:
    """Show where an event went, with every attempt and its reason.

    Exit code 1 if it was not queued for any destination.

    Example: storepulse deliveries show 0b7c1c2e-6f0a-4f59-9a40-2c1d4f1f8a11
    """
    from storepulse.destinations.delivery_reads import read_attempts, read_event, read_page

    with connection() as opened:
        documents = []
        for row in read_page(opened, MOST_OF_EVENT, event_id=event_id):
            document = display.document(row)
            log = read_attempts(opened, row)
            document["attempt_log"] = [display.document(attempt) for attempt in log]
            if with_event:
                document["event"] = display.event(read_event(opened, row)["value"])
            documents.append(document)
    if not documents:
        raise Rejected("event_id", f"there is no delivery of {event_id}")
    if as_json:
        json_output.print_json(documents)
    else:
        display.show_details(documents)


@command.command()
@click.argument("event_ids", nargs=-1, type=click.UUID)
@_destination
@click.option("--failed", is_flag=True, help="All failed deliveries of the destination.")
@click.option("--skipped", is_flag=True, help="All skipped deliveries; consent is checked again.")
@click.option(
    "--again", is_flag=True, help="Also if it arrived before: the receiver gets it twice."
)
@json_output.as_json
def resend(
    event_ids: tuple[UUID, ...],
    *,
    destination: str | None,
    failed: bool,
    skipped: bool,
    again: bool,
    as_json: bool,
) -> None:
    """Queue deliveries again that failed or were skipped. Events keep their ids.

    Exit code 1 if nothing was queued.

    Example: storepulse deliveries resend 0b7c1c2e-6f0a-4f59-9a40-2c1d4f1f8a11
    """
    from storepulse.adapters.clock import system_clock
    from storepulse.dead_letters.requeue import resend as queue_again
    from storepulse.destinations.delivery_reads import read_page

    takes_all = failed or skipped
    if bool(event_ids) == takes_all or (takes_all and (destination is None or again)):
        raise click.UsageError("name event ids, or --failed or --skipped with one --destination")
    chosen = {"failed": failed or not takes_all, "skipped": skipped or not takes_all, "sent": again}
    statuses = [status for status, is_chosen in chosen.items() if is_chosen]
    queued = 0
    with connection() as opened:
        only = _id_of(opened, destination)
        targets: list[tuple[UUID, list[UUID] | None]] = []
        if takes_all and only is not None:
            targets.append((only, None))
        for event_id in event_ids:
            rows = read_page(opened, MOST_OF_EVENT, event_id=event_id, destination_id=only)
            # A delivery queued for a removed destination would never be sent.
            living = {row["destination_id"] for row in rows if row["destination"] is not None}
            targets += [(target, [event_id]) for target in living]
        for target, ids in targets:
            queued += queue_again(
                opened, target, event_ids=ids, statuses=statuses, actor="cli", now=system_clock()
            )
    click.echo(json.dumps({"queued": queued}) if as_json else f"{queued} queued")
    sys.exit(0 if queued else 1)


@command.command()
@json_output.as_json
def stats(*, as_json: bool) -> None:
    """Count deliveries by destination, store and status, now.

    Example: storepulse deliveries stats
    """
    from storepulse.destinations.delivery_reads import count_deliveries

    with connection() as opened:
        rows = count_deliveries(opened)
    if as_json:
        json_output.print_json([display.document(row) for row in rows])
    else:
        display.show_stats(rows)


def _id_of(opened: Any, destination: str | None) -> UUID | None:
    """The id of a destination by its name or id. The id of a removed destination is accepted."""
    from storepulse.destinations.table.reads import find_destination
    from storepulse.domain.identity import is_uuid

    if destination is None:
        return None
    if is_uuid(destination) is not None:
        return UUID(destination)
    return UUID(find_destination(opened, destination).destination.destination_id)
