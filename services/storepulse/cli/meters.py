"""`storepulse plans meters`: lists meters and what they count."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from storepulse.cli import json_output
from storepulse.cli.database import connection
from storepulse.cli.table import show_table, text_column
from storepulse.domain.plans import AGGREGATIONS


@click.group(name="meters")
def command() -> None:
    """Define what meters count: the figure of a month that limits are compared with.

    Example: storepulse plans meters set seats --as max --unit people
    """


@command.command()
@json_output.as_json
def ls(*, as_json: bool) -> None:
    """List the meters that are defined; every other meter is summed up.

    Example: storepulse plans meters ls
    """
    from storepulse.access.plan_changes import list_meters

    with connection() as opened:
        rows = list_meters(opened)
    if as_json:
        json_output.print_json([asdict(row) for row in rows])
        return
    columns = ("meter", "counts", "unit", text_column("description"))
    cells = [(r.meter, r.aggregation, r.unit or "-", r.description or "-") for r in rows]
    show_table(columns, cells)


@command.command(name="set")
@click.argument("meter")
@click.option(
    "--as", "aggregation", type=click.Choice(AGGREGATIONS), default="sum", show_default=True,
    help="How a month is counted: sum, number, largest or last of the quantities.",
)  # fmt: skip
@click.option("--unit", help="The unit, for display.")
@click.option("--description", help="A description, for display.")
@json_output.as_json
def set_(meter: str, *, as_json: bool, **described: Any) -> None:
    """Define what a meter counts. This applies to this month's limits, too.

    Exit code 1 for a meter that Storepulse counts itself.

    Example: storepulse plans meters set seats --as max --unit people
    """
    from storepulse.access.plan_changes import MeterRow, set_meter
    from storepulse.access.rules.administration import CLI

    with connection() as opened:
        row = set_meter(opened, CLI, MeterRow(meter, **described))
    if as_json:
        json_output.print_json(asdict(row))
        return
    unit = f", in {row.unit}" if row.unit else ""
    click.echo(f"{row.meter} counts as {row.aggregation}{unit}")
