"""`storepulse retention`: removes old finished rows."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from storepulse.retention.rules import RetentionLimits
    from storepulse.retention.runs import Progress, RetentionTally


@click.group()
def command() -> None:
    """Remove what was finished long ago. Each delivery process does so by itself every hour.

    Example: storepulse retention run --dry-run
    """


@command.command()
@click.option("--dry-run", is_flag=True, help="Only count.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def run(*, dry_run: bool, as_json: bool) -> None:
    """Remove deliveries that were sent or failed, and dead letters that were closed, long ago.

    How long ago: STOREPULSE_DELIVERIES_KEEP_DAYS, for their requests and attempts too, and
    STOREPULSE_DEAD_LETTERS_KEEP_DAYS. With them goes what is kept for a while: views of heatmaps
    (8 days), units of experiments (31), minutes of destinations' answers (2), changes of circuit
    breakers (31), and sessions of the console and links to sign in that have ended. Deliveries
    that wait, open dead letters and the deliveries that these are of stay, however old. It may be
    interrupted, killed, and run beside everything else: the next run goes on.

    \b
    Exit codes: 0 done, or another run is at it, 2 wrong settings, 3 PostgreSQL is out of reach,
    130 interrupted.

    Example: storepulse retention run --dry-run --json
    """
    import psycopg

    from storepulse.adapters import failpoints
    from storepulse.adapters.clock import clock_of
    from storepulse.cli.servers import settings_in_force
    from storepulse.domain.errors import Misconfigured, Transient
    from storepulse.retention import runs as retention
    from storepulse.retention.settings_limits import limits_of

    failpoints.arm(os.environ)
    settings, now = settings_in_force(), clock_of(os.environ)()
    limits = limits_of(settings, now)
    tally, is_under_way, interrupted = retention.RetentionTally(), False, False
    try:
        with retention.open_connection(settings) as connection:
            if dry_run:
                tally = retention.Run(connection, limits).count()
            elif is_under_way := not retention.try_alone(connection):
                click.echo("another run is under way; nothing was done", err=True)
            else:
                with _bar(connection, limits, quiet=as_json) as progress:
                    work = retention.Run(connection, limits, progress=progress)
                    tally = work.tally
                    try:
                        work.run()
                    except KeyboardInterrupt:
                        tally.complete, interrupted = False, True
    except psycopg.errors.UndefinedTable as error:
        raise Misconfigured("DATABASE_URL", f"{error}; run `storepulse migrate up`") from error
    except psycopg.OperationalError as error:
        raise Transient(f"PostgreSQL: {error}") from error
    document = _document(tally, limits, dry_run=dry_run, is_under_way=is_under_way)
    if as_json:
        click.echo(json.dumps(document, indent=2))
    elif not is_under_way:
        _show(document, limits)
    sys.exit(130 if interrupted else 0)


def _document(
    tally: RetentionTally, limits: RetentionLimits, *, dry_run: bool, is_under_way: bool
) -> dict[str, Any]:
    """The result of a run or dry run as JSON."""
    from storepulse.domain.times import utc_text

    return {
        "dry_run": dry_run,
        "under_way_elsewhere": is_under_way,
        "complete": tally.complete and not is_under_way,
        "deliveries_before": limits.deliveries and utc_text(limits.deliveries),
        "dead_letters_before": limits.dead_letters and utc_text(limits.dead_letters),
        "removed": tally.rows_by_table,
        "partitions_dropped": tally.dropped,
        "partitions_busy": tally.busy,
        "open_dead_letters_kept": tally.open_kept,
    }


def _show(document: dict[str, Any], limits: RetentionLimits) -> None:
    """Prints the result."""
    from storepulse.domain.times import utc_text
    from storepulse.retention.removals import REMOVALS

    verb = "would be removed" if document["dry_run"] else "removed"
    for removal in REMOVALS:
        rows, before = document["removed"][removal.table], limits.of(removal.limit)
        # Show the tables with limits in the settings even if no rows were removed.
        is_named = removal.table in ("deliveries", "dead_letters")
        if before is None and is_named:
            click.echo(f"{removal.what} are kept forever")
        elif before is not None and (rows or is_named):
            click.echo(f"{rows:,} {removal.what} {verb}, {removal.how} before {utc_text(before)}")
    if document["partitions_dropped"]:
        dropped = "would be dropped" if document["dry_run"] else "dropped"
        click.echo(f"partitions {dropped}: {', '.join(document['partitions_dropped'])}")
    if document["partitions_busy"]:
        names = ", ".join(document["partitions_busy"])
        click.echo(f"partitions in use, for the next run: {names}", err=True)
    if document["open_dead_letters_kept"]:
        click.echo(
            f"{document['open_dead_letters_kept']:,} dead letters are older and open: they stay"
            " until they are replayed or discarded",
            err=True,
        )
    if not document["complete"]:
        click.echo("interrupted; the same command goes on where this one stopped", err=True)


@contextmanager
def _bar(connection: Any, limits: RetentionLimits, *, quiet: bool) -> Iterator[Progress]:
    """A progress bar of removed rows, on standard error if that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _table, _rows: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    from storepulse.retention import runs as retention

    expected = retention.Run(connection, limits).count().rows_by_table
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rows", total=sum(expected.values()))
        yield lambda _table, rows: bar.advance(task, rows)
