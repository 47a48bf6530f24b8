"""`storepulse usage limits`: what is left of a store's plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from storepulse.cli import json_output
from storepulse.cli.database import connection
from storepulse.cli.store_names import store_id_of
from storepulse.cli.table import Column, number_columns, show_table

if TYPE_CHECKING:
    from storepulse.access.limit_use import LimitUse, StoreUse


@click.command(name="limits")
@click.option("--store", required=True, metavar="ID|DOMAIN", help="The store.")
@json_output.as_json
def command(store: str, *, as_json: bool) -> None:
    """Show a store's plan, its limits of this month, and what is left of them.

    Exit code 1 if a hard limit is reached.

    Example: storepulse usage limits --store shop.example
    """
    from storepulse.access.limit_use import use_of_store

    with connection() as opened:
        use = use_of_store(opened, store_id_of(opened, store))
    if as_json:
        json_output.print_json(_document(use))
    elif use.plan is None:
        click.echo("no plan, and no limit")
    else:
        _show(use)
    if any(limit.level == "hard" for limit in use.limits):
        raise SystemExit(1)


def _document(use: StoreUse) -> dict[str, Any]:
    times = {"plan_since": use.plan_since, "starts_at": use.starts_at, "ends_at": use.ends_at}
    return {
        "plan": use.plan,
        **json_output.plain(times),
        "period": use.period.isoformat(),
        "limits": [_limit(limit) for limit in use.limits],
    }


def _limit(limit: LimitUse) -> dict[str, Any]:
    names = ("soft", "hard", "used", "remaining")
    amounts = {name: getattr(limit, name) for name in names}
    return {
        "meter": limit.meter,
        "aggregation": limit.aggregation,
        "unit": limit.unit,
        **{name: None if value is None else f"{value:f}" for name, value in amounts.items()},
        "reached": limit.level,
    }


def _show(use: StoreUse) -> None:
    from storepulse.streams.usage.statement import month_text

    ends_at = json_output.plain({"at": use.ends_at})["at"]
    click.echo(f"{use.plan}, {month_text(use.period)}, ends {ends_at[:19]}Z")
    columns: list[Column | str] = [
        "meter",
        *number_columns("used", "soft", "hard", "remaining"),
        "reached",
    ]
    rows = []
    for limit in use.limits:
        shown = _limit(limit)
        cells = (shown[name] or "-" for name in ("used", "soft", "hard", "remaining"))
        rows.append((limit.meter, *cells, limit.level or "-"))
    show_table(columns, rows)
