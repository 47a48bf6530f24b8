"""`storepulse audit`: proves that no event was lost or counted twice."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING
from uuid import UUID

import click

from storepulse.adapters.settings import Settings

if TYPE_CHECKING:
    from storepulse.exactness.audit import Audit
    from storepulse.exactness.audit_log import Part
    from storepulse.exactness.snapshot import TableScope

PAUSE_SECONDS = 0.5
#: Default number of events up to which the tables are recounted.
MOST_EVENTS = 1_000_000
#: Exit code.
INCOMPLETE = 4
COLUMNS = ("accepted", "applied", "duplicate", "conflict", "dead", "dead_open", "in_flight")


@click.command()
@click.option(
    "--wait", type=click.FloatRange(0), default=0.0, help="Seconds to wait for agents to catch up."
)
@click.option("--recount", is_flag=True, help="Count the ledger and the tables again, from Kafka.")
@click.option("--store", type=click.UUID, help="Recount only the tables of this store (its id).")
@click.option(
    "--most-events",
    type=click.IntRange(0),
    default=MOST_EVENTS,
    show_default=True,
    help="Skip the tables if more events than this are applied; each takes 3 KB of memory.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    *, wait: float, recount: bool, store: UUID | None, most_events: int, as_json: bool
) -> None:
    """Compare Kafka, the ledger and the tables, and prove that no event was lost or counted twice.

    accepted = applied + duplicate + dead + in flight, for every stream, store and hour; each
    applied event is in its tables once; each dead one is a dead letter. With --recount, each row of
    each table must also match what the records in Kafka add up to.

    \b
    Exit codes: 0 all agrees, 1 something differs (named), 2 wrong settings,
    3 Kafka or PostgreSQL cannot be reached, 4 nothing differs, but --recount
    could not compare everything (named).

    Example: storepulse audit --wait 30 --recount
    """
    from storepulse.cli.servers import settings_in_force

    settings = settings_in_force(kafka=True)
    scope = None
    if recount:
        from storepulse.exactness.snapshot import TableScope

        scope = TableScope(None if store is None else str(store), most_events)
    result = audit_until_settled(settings, wait, scope)
    if recount:
        add_recount(settings, result, quiet=as_json)
    # Events in flight are not a difference; the console shows them live.
    keep(settings, result, "recount" if recount else "tables")
    if wait and not result.is_settled:
        result.findings.append(
            f"after {wait:g} s {result.in_flight} events are in flight, or commits are behind"
        )
    if as_json:
        click.echo(json.dumps(document_of(result), indent=2))
    else:
        show(result)
    sys.exit(exit_code_of(result, recount=recount))


def keep(settings: Settings, result: Audit, part: Part) -> None:
    """Stores the audit for the console. A failure adds a note, and does not change the result."""
    import psycopg

    from storepulse.adapters.postgres.sessions import SessionOptions, connect
    from storepulse.exactness.audit_log import add_audit

    options = SessionOptions(name="storepulse-audit", lock_seconds=5)
    try:
        with connect(settings.dsn, options) as connection:
            add_audit(connection, result, part)
    except psycopg.Error as error:
        result.notes.append(f"the console will not show this audit: {str(error).strip()}")


def exit_code_of(result: Audit, *, recount: bool) -> int:
    """0, 1 for a difference, or 4 if a recount could not compare everything. Without a recount,
    rows that retention has removed do not matter."""
    if result.findings:
        return 1
    return INCOMPLETE if recount and result.not_compared else 0


def audit_until_settled(settings: Settings, wait: float, scope: TableScope | None) -> Audit:
    """Repeats the audit until everything is processed and committed, or `wait` seconds are over.

    `scope` limits the tables' rows that it reads too; None reads none.
    """
    from storepulse.exactness.audit import audit

    until = time.monotonic() + wait
    while True:
        result = audit(settings)
        is_last = time.monotonic() >= until
        if scope is not None and (result.is_settled or is_last):
            # Audit again, because rows and ledger must be of the same snapshot. New events may have
            # arrived meanwhile: services report their own usage every few seconds.
            result = audit(settings, scope)
        if result.is_settled or is_last:
            return result
        time.sleep(PAUSE_SECONDS)


def add_recount(settings: Settings, result: Audit, *, quiet: bool) -> None:
    """Adds the findings of the recount. Shows a progress bar on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    from storepulse.exactness.recount import recount

    with Progress(
        console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty()
    ) as bar:
        records = sum(max(0, p.ledger_end - p.beginning) for p in result.partitions)
        task = bar.add_task("recounting", total=records)
        result.findings += recount(settings, result, lambda count: bar.advance(task, count))


def document_of(result: Audit) -> dict[str, object]:
    """The audit as JSON."""
    return {
        "agrees": not result.findings,
        "findings": result.findings,
        "not_compared": result.not_compared,
        "notes": result.notes,
        "in_flight": result.in_flight,
        "streams": {
            stream: {name: counts[name] for name in COLUMNS}
            for stream, counts in result.totals().items()
        },
        "partitions": [
            {
                "topic": p.topic,
                "partition": p.partition,
                "beginning": p.beginning,
                "end": p.end,
                "ledger": [list(span) for span in p.ranges],
                "committed": p.committed,
                "in_flight": p.in_flight,
            }
            for p in result.partitions
        ],
    }


def show(result: Audit) -> None:
    """Prints the audit as a table with the findings below."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column.replace("_", " "), justify="right")
    for stream, counts in result.totals().items():
        table.add_row(stream, *(f"{counts[name]:,}" for name in COLUMNS))
    console.print(table)
    for note in result.notes:
        console.print(note, style="yellow", markup=False, highlight=False)
    for part in result.not_compared:
        console.print(f"not compared: {part}", style="yellow", markup=False, highlight=False)
    for finding in result.findings:
        console.print(finding, style="red", markup=False, highlight=False)
    console.print(summary_of(result), highlight=False)


def summary_of(result: Audit) -> str:
    """The last line. It says that all agrees only if everything was compared."""
    if result.findings:
        return f"{len(result.findings)} differences"
    stores = len({count.store_id for count in result.snapshot.counts})
    looked_at = f"{len(result.partitions)} partitions, {stores} stores"
    if result.not_compared:
        return f"no differences in what was compared, but not everything was: {looked_at}"
    return f"all agrees: {looked_at}"
