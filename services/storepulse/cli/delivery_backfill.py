"""`storepulse deliveries backfill`: queues events that a destination never got, from Kafka."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import click

from storepulse.cli import delivery_display as display
from storepulse.cli import json_output
from storepulse.cli.database import connection
from storepulse.cli.demo import Rate
from storepulse.cli.parameters import Since
from storepulse.cli.servers import settings_in_force

if TYPE_CHECKING:
    from storepulse.adapters.settings import Settings
    from storepulse.delivery.backfill import BackfillRequest, BackfillResult
    from storepulse.delivery.history import Progress, Span
    from storepulse.destinations.rules.model import Destination

#: Failed deliveries that are requeued at a time.
GROUP = 500


@click.command("backfill")
@click.option("--destination", required=True, metavar="NAME|ID", help="The destination to send to.")
@click.option(
    "--from", "start", type=Since(), required=True, help="Received at this time or later."
)
@click.option("--to", "end", type=Since(), help="Received before this time. Default: now.")
@click.option("--max", "most", type=click.IntRange(1), help="Queue at most this many.")
@click.option("--rate", type=Rate(), help="Queue at most this many a second, such as 200/s.")
@click.option("--failed", is_flag=True, help="Also queue failed deliveries of that time again.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@json_output.as_json
def command(  # noqa: PLR0913 - one parameter an option
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

    Events that it already has are skipped, so the same command continues an interrupted run.

    \b
    Exit codes: 0 done, 1 no such destination, or rows of that time have been removed, 2 wrong
    options, 3 Kafka or PostgreSQL cannot be reached, 130 interrupted.

    Example: storepulse deliveries backfill --destination shop-crm --from 7d --dry-run
    """
    from storepulse.adapters import failpoints
    from storepulse.adapters.clock import system_clock
    from storepulse.delivery.backfill import BackfillRequest
    from storepulse.destinations.table.reads import find_destination

    failpoints.arm(os.environ)

    settings, now = settings_in_force(kafka=True), system_clock()
    before = end or now
    if start >= before:
        raise click.UsageError("--from is not before --to")
    with connection(settings) as opened:
        target = find_destination(opened, destination).destination
    request = BackfillRequest(target.destination_id, start, before, most, rate, dry_run)
    try:
        result = _queue_missing(settings, target, request, quiet=as_json)
        requeued = _queue_failed(settings, request, most, result) if failed else 0
    except KeyboardInterrupt:
        click.echo("interrupted; run the same command again to continue", err=True)
        sys.exit(130)
    document = {
        "destination": target.name,
        "from": start.astimezone(UTC).isoformat(),
        "to": before.astimezone(UTC).isoformat(),
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
        json_output.print_json(document)
    else:
        display.show_backfill(document)


def _queue_missing(
    settings: Settings, target: Destination, request: BackfillRequest, *, quiet: bool
) -> BackfillResult:
    import psycopg

    from storepulse.adapters.clock import system_clock
    from storepulse.adapters.postgres.sessions import SessionOptions, connect
    from storepulse.delivery.backfill import Backfill, notes_on, spans_of
    from storepulse.delivery.history import History
    from storepulse.domain.errors import Transient

    try:
        with (
            History(settings) as history,
            connect(settings.dsn, SessionOptions(name="storepulse-cli")) as opened,
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
    """Requeue failed deliveries of the period, up to the rest of --max. Returns their number."""
    from storepulse.adapters.clock import system_clock
    from storepulse.dead_letters.requeue import resend
    from storepulse.destinations.delivery_reads import read_failed

    now, queued = system_clock(), 0
    rest = None if most is None else most - result.queued
    with connection(settings) as opened:
        opened.autocommit = True
        while rest is None or queued < rest:
            count = GROUP if rest is None else min(GROUP, rest - queued)
            ids = read_failed(
                opened, request.destination_id, request.start, request.end, now,
                10**9 if request.dry_run else count,
            )  # fmt: skip
            if request.dry_run:
                return len(ids) if rest is None else min(len(ids), rest)
            moved = ids and resend(
                opened, UUID(request.destination_id), event_ids=ids, actor="cli", now=now
            )
            if not moved:
                break
            queued += moved
    return queued


@contextmanager
def _bar(spans: list[Span], *, quiet: bool) -> Iterator[Progress]:
    """A progress bar of the records read, on standard error if that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _read, _queued: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("records", total=sum(span.records for span in spans))
        yield lambda read, _queued: bar.advance(task, read)
