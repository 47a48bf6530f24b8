"""`storepulse usage`: the usage of stores, and the statements of their closed months."""

from __future__ import annotations

import difflib
import sys
from datetime import date, datetime
from typing import IO, TYPE_CHECKING, Any

import click

from storepulse.cli import json_output, usage_limits
from storepulse.cli.database import connection
from storepulse.cli.store_names import store_id_of

if TYPE_CHECKING:
    from storepulse.adapters.postgres.sessions import Connection
    from storepulse.streams.usage.statement import UsageStatement

_ENTRIES = 120


class Month(click.ParamType):
    """A month such as 2026-10, as its first day."""

    name = "yyyy-mm"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        from storepulse.domain.errors import Rejected
        from storepulse.streams.usage.statement import month_of

        try:
            return value if isinstance(value, date) else month_of("period", str(value))
        except Rejected as error:
            self.fail(f"{value!r} {error.reason}", param, ctx)


_store = click.option("--store", required=True, metavar="ID|DOMAIN", help="The store.")
_period = click.option("--period", type=Month(), required=True, help="The month, as 2026-10.")


@click.group()
def command() -> None:
    """Show what stores used, and verify what they are billed.

    Example: storepulse usage show --store shop.example
    """


command.add_command(usage_limits.command)


@command.command()
@_store
@click.option(
    "--period", type=Month(), help="The month, as 2026-10. Default: the store's current month."
)
@json_output.as_json
def show(store: str, *, period: date | None, as_json: bool) -> None:
    """Show the meters of a month, and the adjustments by late events.

    Example: storepulse usage show --store shop.example --period 2026-10
    """
    from storepulse.streams.usage.statement import month_text

    with connection() as opened:
        asked: dict[str, Any] = {"store_id": store_id_of(opened, store)}
        asked["period"] = period or _rows(opened, "month_now", asked)[0]["period"]
        every = {**asked, "after_period": None, "after_meter": None, "count": None}
        meters = _rows(opened, "figures", every)
        adjustments = _rows(opened, "adjustments", every)
        statements = _rows(opened, "statement", asked)
    for row in (*meters, *adjustments):
        row.update({k: month_text(v) for k, v in row.items() if k == "for_period"})
    state = "open" if not statements else "closed" if statements[0]["hash"] else "closing"
    if as_json:
        json_output.print_json(
            {
                "store_id": str(asked["store_id"]),
                "period": month_text(asked["period"]),
                "state": state,
                "meters": list(map(_document, meters)),
                "adjustments": list(map(_document, adjustments)),
            }
        )
        return
    click.echo(f"{month_text(asked['period'])}, {state}")
    _show_rows(meters, ("meter", "count", "sum", "max", "last"))
    if adjustments:
        click.echo("adjustments of closed months")
        columns = ("for_period", "meter", "count", "sum", "max_change", "last_change")
        _show_rows(adjustments, columns)


@command.command()
@_store
@json_output.as_json
def statements(store: str, *, as_json: bool) -> None:
    """List the closed months, the latest first, each with the hash of its statement.

    Example: storepulse usage statements --store shop.example
    """
    from storepulse.streams.usage.statement import month_text

    with connection() as opened:
        asked = {"store_id": store_id_of(opened, store), "before": None, "count": _ENTRIES}
        rows = _rows(opened, "statements", asked)
    listed = [
        {
            "period": month_text(row["period"]),
            "closed_at": row["closed_at"],
            "events": row["events"],
            "hash": row["hash"],
        }
        for row in rows
    ]
    if as_json:
        json_output.print_json(list(map(_document, listed)))
        return
    if not listed:
        click.echo("nothing")
    for row in listed:
        # A hash beside the rest would not fit a terminal's width.
        counted = "statement not made yet" if row["hash"] is None else f"{row['events']} events"
        click.echo(f"{row['period']}, closed {_cell_of(row['closed_at'])}, {counted}")
        click.echo(f"hash {_cell_of(row['hash'])}")


@command.command()
@_store
@_period
def text(store: str, *, period: date) -> None:
    """Print a statement as it is hashed: its `sha256sum` is the hash.

    Example: storepulse usage text --store shop.example --period 2026-10 | sha256sum
    """
    from storepulse.metering.reading import read_statement

    with connection() as opened:
        statement, _ = read_statement(opened, store_id_of(opened, store), period)
    click.echo(statement.text, nl=False)


@command.command()
@_store
@_period
@click.option("--to", "file", type=click.File("w", encoding="utf-8"), default="-",
              help="The file to write. Default: standard output.")  # fmt: skip
def export(store: str, *, period: date, file: IO[str]) -> None:
    """Write the events of a closed month as JSON lines, which the statement can be computed from.

    Example: storepulse usage export --store shop.example --period 2026-10 --to usage.jsonl
    """
    from storepulse.metering.export import export_lines
    from storepulse.metering.reading import read_statement

    with connection() as opened:
        statement, _ = read_statement(opened, store_id_of(opened, store), period)
        for line in export_lines(opened, statement):
            file.write(f"{line}\n")


@command.command()
@click.option("--store", metavar="ID|DOMAIN", help="The store.")
@click.option("--period", type=Month(), help="The month, as 2026-10.")
@click.option("--from", "file", type=click.Path(dir_okay=False),
              help="An export to compute from, instead of the database.")  # fmt: skip
@click.option("--hash", "wanted", help="The hash to compare with. Default: the stored one.")
@json_output.as_json
def verify(
    store: str | None, *, period: date | None, file: str | None, wanted: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Compute the statement of a closed month again from its events, and compare.

    With --from no server is needed; the stored hash is then the one in the export.

    \b
    Exit codes: 0 the hashes are the same, 1 they are not (what differs is printed), or there is no
    statement, 2 wrong usage, 3 PostgreSQL cannot be reached.

    Example: storepulse usage verify --store shop.example --period 2026-10
    """
    difference: list[str] = []
    if file is not None:
        made, stored = _read_export(file)
    elif store is None or period is None:
        raise click.UsageError("requires --store and --period, or --from")
    else:
        from storepulse.metering.reading import read_statement, recompute

        with connection() as opened:
            told, stored = read_statement(opened, store_id_of(opened, store), period)
            made = recompute(opened, told.head)
        difference = _differences(told, made)
    expected = (wanted or stored).lower()
    agrees = made.hash == expected and not difference
    if as_json:
        json_output.print_json(
            {"agrees": agrees, "computed": made.hash, "expected": expected,
             "differences": difference}
        )  # fmt: skip
    else:
        for line in difference:
            click.echo(line)
        click.echo(f"computed {made.hash}\nexpected {expected}")
        click.echo("the same" if agrees else "not the same")
    sys.exit(0 if agrees else 1)


def _read_export(file: str) -> tuple[UsageStatement, str]:
    """Raises Rejected."""
    from storepulse.domain.errors import Rejected
    from storepulse.metering.export import statement_of_export

    try:
        with click.open_file(file, encoding="utf-8") as lines:
            return statement_of_export(lines)
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected("--from", f"cannot be read: {error}") from None


@command.command()
@_store
@_period
def close(store: str, *, period: date) -> None:
    """Close a month that is over in the store's zone, without waiting for the grace period.

    Agents do this themselves, STOREPULSE_USAGE_GRACE_MINUTES after the month's end. Earlier months
    are closed as well. Exit code 1 if the month is not over or is already closed.

    Example: storepulse usage close --store shop.example --period 2026-10
    """
    from storepulse.adapters.clock import system_clock
    from storepulse.metering.closing import close_through, make_missing

    with connection() as opened:
        store_id = store_id_of(opened, store)
        opened.commit()
        opened.autocommit = True
        closed = close_through(opened, store_id, period, system_clock())
        make_missing(opened)
    click.echo(f"closed {closed} month{'s' if closed != 1 else ''}")


def _differences(told: UsageStatement, made: UsageStatement) -> list[str]:
    """Lines that are in only one of the stored and the computed statement."""
    lines = difflib.unified_diff(
        told.text.splitlines(), made.text.splitlines(), "stored", "computed", lineterm="", n=0
    )
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def _rows(opened: Connection, name: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    from psycopg.rows import dict_row

    from storepulse.adapters.postgres.named_sql import named_sql

    statement = named_sql("streams/usage/queries")[name]
    with opened.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, asked).fetchall()


def _document(row: dict[str, Any]) -> dict[str, Any]:
    return json_output.plain({name: _cell(value) for name, value in row.items()})


def _cell(value: Any) -> Any:
    """Amounts as text, so that no spreadsheet rounds them."""
    from decimal import Decimal

    return f"{value:f}" if isinstance(value, Decimal) else value


def _show_rows(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    from storepulse.cli.table import Column, show_table

    if not rows:
        click.echo("nothing")
        return
    texts = ("meter", "for_period")
    shown = [Column(name, "whole" if name in texts else "number") for name in columns]
    cells = [[_cell_of(row[name]) for name in columns] for row in rows]
    show_table(shown, cells)


def _cell_of(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:%Y-%m-%d %H:%M}Z" if isinstance(value, datetime) else str(_cell(value))
