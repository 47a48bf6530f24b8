"""`storepulse deliveries`: what was sent where, sending again, and sending what came before."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from storepulse.cli import delivery_display as display
from storepulse.cli.database import connection
from storepulse.cli.demo import Rate
from storepulse.cli.dlq_options import Since, Store
from storepulse.cli.servers import settings_in_force
from storepulse.domain.errors import Rejected

if TYPE_CHECKING:
    from storepulse.adapters.settings import Settings
    from storepulse.delivery.backfill import BackfillRequest, BackfillResult
    from storepulse.delivery.history import Progress, Span
    from storepulse.destinations.rules.model import Destination

#: Failed deliveries that are queued again at a time.
GROUP = 500
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_destination = click.option("--destination", metavar="NAME|ID", help="To this destination only.")


@click.group()
def command() -> None:
    """Look at deliveries, send them again, and send what a destination never got.

    Example: storepulse deliveries stats
    """


@command.command()
@_destination
@click.option("--status", type=click.Choice(("pending", "sent", "failed")), help="Only these.")
@click.option("--store", type=Store(), help="Only this store.")
@click.option("--stream", help="Only this stream.")
@click.option("--since", type=Since(), help="Received then or later.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@_as_json
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
    from storepulse.destinations.delivery_reads import page

    with connection() as opened:
        rows = page(
            opened, limit, destination_id=_id_of(opened, destination), status=status,
            store_id=store, stream=stream, since=since,
        )  # fmt: skip
    if as_json:
        click.echo(json.dumps([display.document(row) for row in rows], indent=2))
    else:
        display.show_rows(rows)


@command.command()
@click.argument("event_id", type=click.UUID)
@click.option("--event", "with_event", is_flag=True, help="The decoded event too.")
@_as_json
def show(event_id: UUID, *, with_event: bool, as_json: bool) -> None:
    """Show where an event went, with every attempt and its reason.

    Exit code 1 where it was queued for no destination.

    Example: storepulse deliveries show 0b7c1c2e-6f0a-4f59-9a40-2c1d4f1f8a11
    """
    from storepulse.destinations.delivery_reads import attempts, page, value_of

    with connection() as opened:
        shown = []
        for row in page(opened, GROUP, event_id=event_id):
            document = display.document(row)
            log = attempts(opened, row)
            document["attempt_log"] = [display.document(attempt) for attempt in log]
            if with_event:
                document["event"] = display.event(value_of(opened, row)["value"])
            shown.append(document)
    if not shown:
        raise Rejected("event_id", f"there is no delivery of {event_id}")
    if as_json:
        click.echo(json.dumps(shown, indent=2))
    else:
        display.show_details(shown)


@command.command()
@click.argument("event_ids", nargs=-1, type=click.UUID)
@_destination
@click.option("--failed", is_flag=True, help="All failed ones of the destination.")
@click.option("--again", is_flag=True, help="Also where it arrived: the receiver gets it twice.")
@_as_json
def resend(
    event_ids: tuple[UUID, ...],
    *,
    destination: str | None,
    failed: bool,
    again: bool,
    as_json: bool,
) -> None:
    """Queue deliveries again that failed; events keep their ids.

    Exit code 1 where nothing was queued.

    Example: storepulse deliveries resend 0b7c1c2e-6f0a-4f59-9a40-2c1d4f1f8a11
    """
    from storepulse.adapters.clock import system_clock
    from storepulse.dead_letters.requeue import resend as queue_again
    from storepulse.destinations.delivery_reads import page

    if bool(event_ids) == failed or (failed and (destination is None or again)):
        raise click.UsageError("name event ids, or --failed with one --destination")
    queued = 0
    with connection() as opened:
        only = _id_of(opened, destination)
        asked: list[tuple[UUID, list[UUID] | None]] = []
        if failed and only is not None:
            asked.append((only, None))
        for event_id in event_ids:
            rows = page(opened, GROUP, event_id=event_id, destination_id=only)
            # Nobody would ever send what waits for a destination that was removed.
            living = {row["destination_id"] for row in rows if row["destination"] is not None}
            asked += [(target, [event_id]) for target in living]
        for target, ids in asked:
            queued += queue_again(
                opened, target, event_ids=ids, again=again, actor="cli", now=system_clock()
            )
    click.echo(json.dumps({"queued": queued}) if as_json else f"{queued} queued")
    sys.exit(0 if queued else 1)


@command.command()
@_as_json
def stats(*, as_json: bool) -> None:
    """Count deliveries by destination, store and status, now.

    Example: storepulse deliveries stats
    """
    from storepulse.destinations.delivery_reads import stats as counted

    with connection() as opened:
        rows = counted(opened)
    if as_json:
        click.echo(json.dumps([display.document(row) for row in rows], indent=2))
    else:
        display.show_stats(rows)


@command.command()
@click.option("--destination", required=True, metavar="NAME|ID", help="For this destination.")
@click.option("--from", "start", type=Since(), required=True, help="Received then or later.")
@click.option("--to", "end", type=Since(), help="Received before then; unset: now.")
@click.option("--max", "most", type=click.IntRange(1), help="Queue at most so many.")
@click.option("--rate", type=Rate(), help="Queue at most so many a second, such as 200/s.")
@click.option("--failed", is_flag=True, help="Also queue again what failed in that time.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@_as_json
def backfill(  # noqa: PLR0913 - one parameter an option
    *,
    destination: str,
    start: datetime,
    end: datetime | None,
    most: int | None,
    rate: float | None,
    failed: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Queue what a new or repaired destination never got, from the events that Kafka still has.

    What it has already is left alone, so that an interrupted run is continued by the same command.

    \b
    Exit codes: 0 done, 1 no such destination, or rows of that time have been removed, 2 wrong
    options, 3 Kafka or PostgreSQL is out of reach, 130 interrupted.

    Example: storepulse deliveries backfill --destination shop-crm --from 7d --dry-run
    """
    from storepulse.adapters import failpoints
    from storepulse.adapters.clock import system_clock
    from storepulse.delivery.backfill import BackfillRequest
    from storepulse.destinations.table.reads import find_destination

    failpoints.arm(os.environ)

    settings, now = settings_in_force(kafka=True), system_clock()
    until = end or now
    if start >= until:
        raise click.UsageError("--from is not before --to")
    with connection(settings) as opened:
        target = find_destination(opened, destination).destination
    request = BackfillRequest(target.destination_id, start, until, most, rate, dry_run)
    try:
        result = _queue_missing(settings, target, request, quiet=as_json)
        requeued = _queue_failed(settings, request, most, result) if failed else 0
    except KeyboardInterrupt:
        click.echo("interrupted; the same command goes on where this one stopped", err=True)
        sys.exit(130)
    document = {
        "destination": target.name,
        "from": start.astimezone(UTC).isoformat(),
        "to": until.astimezone(UTC).isoformat(),
        "dry_run": dry_run,
        "read": result.read,
        "matched": result.matched,
        "queued": result.queued,
        "failed_queued": requeued,
        "undecodable": result.undecodable,
        "complete": result.complete,
        "notes": result.notes,
    }
    if as_json:
        click.echo(json.dumps(document, indent=2))
    else:
        display.show_backfill(document)


def _queue_missing(
    settings: Settings, target: Destination, request: BackfillRequest, *, quiet: bool
) -> BackfillResult:
    import psycopg

    from storepulse.adapters.clock import system_clock
    from storepulse.delivery.backfill import Backfill, notes_on, spans_of
    from storepulse.delivery.history import History
    from storepulse.domain.errors import Transient

    try:
        with (
            History(settings) as history,
            psycopg.connect(
                settings.dsn, autocommit=True, connect_timeout=10, options="-c timezone=UTC"
            ) as opened,
        ):
            spans = spans_of(history, target, request.start)
            run = Backfill(opened, request, system_clock)
            run.result.notes += notes_on(spans, request.start)
            with _bar(spans, quiet=quiet) as progress:
                return run.run(history, spans, progress)
    except psycopg.OperationalError as error:
        raise Transient(f"PostgreSQL: {error}") from error


def _queue_failed(
    settings: Settings, request: BackfillRequest, most: int | None, result: BackfillResult
) -> int:
    """Queues failed ones of the period again, within what --max leaves; how many."""
    from storepulse.adapters.clock import system_clock
    from storepulse.dead_letters.requeue import resend as queue_again
    from storepulse.destinations.delivery_reads import failed

    now, queued = system_clock(), 0
    left = None if most is None else most - result.queued
    with connection(settings) as opened:
        opened.autocommit = True
        while left is None or queued < left:
            count = GROUP if left is None else min(GROUP, left - queued)
            ids = failed(
                opened, request.destination_id, request.start, request.end, now,
                10**9 if request.dry_run else count,
            )  # fmt: skip
            if request.dry_run:
                return len(ids) if left is None else min(len(ids), left)
            done = ids and queue_again(
                opened, UUID(request.destination_id), event_ids=ids, actor="cli", now=now
            )
            if not done:
                break
            queued += done
    return queued


@contextmanager
def _bar(spans: list[Span], *, quiet: bool) -> Iterator[Progress]:
    """A bar of the records read, on standard error where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _read, _queued: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("records", total=sum(span.records for span in spans))
        yield lambda read, _queued: bar.advance(task, read)


def _id_of(opened: Any, destination: str | None) -> UUID | None:
    """The id of a destination by its name or id; an id may be that of one that was removed."""
    from storepulse.destinations.table.reads import find_destination
    from storepulse.domain.identity import is_uuid

    if destination is None:
        return None
    if is_uuid(destination) is not None:
        return UUID(destination)
    return UUID(find_destination(opened, destination).destination.destination_id)
