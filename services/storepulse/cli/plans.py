"""`storepulse plans`: monthly limits of usage, and the plans of stores."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from storepulse.cli import json_output, meters
from storepulse.cli.database import connection
from storepulse.cli.store_names import store_id_of
from storepulse.domain.currencies import decimal_of
from storepulse.domain.errors import Rejected
from storepulse.domain.plans import PlanLimit

if TYPE_CHECKING:
    from storepulse.access.plan_changes import PlanRow, StorePlanRow


class LimitOption(click.ParamType):
    """`METER=HARD`, `METER=SOFT:HARD`, `METER=SOFT:`."""

    name = "METER=[SOFT:]HARD"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, PlanLimit]:
        if isinstance(value, tuple):
            return value[0], value[1]
        meter, equals, text = str(value).partition("=")
        first, colon, second = text.partition(":")
        soft, hard = (first, second) if colon else ("", first)
        if not (meter and equals):
            self.fail(f"{value!r} is not of the form {self.name}", param, ctx)
        try:
            soft_amount, hard_amount = (
                decimal_of("limit", part) if part else None for part in (soft, hard)
            )
        except Rejected:
            self.fail(f"{value!r}: an amount is not a number", param, ctx)
        return meter, PlanLimit(soft_amount, hard_amount)


limit_option = click.option(
    "--limit", "limits", type=LimitOption(), multiple=True,
    help="Limit of a meter in a month. SOFT: warn; HARD: refuse. Repeatable.",
)  # fmt: skip


@click.group()
def command() -> None:
    """Create plans, assign them to stores, define what meters count.

    A plan limits a store's usage of meters in a month of its own calendar. At the soft limit
    senders are warned; at the hard limit events are refused with 402 until the month ends.

    Example: storepulse plans set starter --limit event=80000:100000 --limit order=500:
    """


command.add_command(meters.command)


@command.command()
@json_output.as_json
def ls(*, as_json: bool) -> None:
    """List all plans with their limits.

    Example: storepulse plans ls
    """
    from storepulse.access.plan_changes import list_plans

    with connection() as opened:
        rows = list_plans(opened)
    if as_json:
        json_output.print_json([_document(row) for row in rows])
        return
    if not rows:
        click.echo("no plans")
    for row in rows:
        _show(row)


@command.command()
@click.argument("plan")
@json_output.as_json
def show(plan: str, *, as_json: bool) -> None:
    """Show one plan. Exit code 1 if it does not exist.

    Example: storepulse plans show starter
    """
    from storepulse.access.plan_changes import find_plan

    with connection() as opened:
        row = find_plan(opened, plan)
    if as_json:
        json_output.print_json(_document(row))
        return
    _show(row)


@command.command(name="set")
@click.argument("plan")
@limit_option
@click.option("--description", help="A description, for display.")
@json_output.as_json
def set_(
    plan: str,
    *,
    limits: tuple[tuple[str, PlanLimit], ...],
    description: str | None,
    as_json: bool,
) -> None:
    """Create a plan, or replace it. Gateways apply it within seconds.

    Built-in meters are api_call, event, storage_bytes and order. A meter that is not named is not
    limited. Exit code 1 if a value is refused.

    Example: storepulse plans set starter --limit event=80000:100000 --limit order=500:
    """
    from storepulse.access.plan_changes import set_plan
    from storepulse.access.rules.administration import CLI
    from storepulse.adapters.clock import system_clock

    with connection() as opened:
        row = set_plan(opened, CLI, plan, dict(limits), system_clock(), description)
    if as_json:
        json_output.print_json(_document(row))
        return
    _show(row)


@command.command()
@click.argument("plan")
def rm(plan: str) -> None:
    """Remove a plan. Exit code 1 if a store has it, or will have it.

    Example: storepulse plans rm starter
    """
    from storepulse.access.plan_changes import remove_plan
    from storepulse.access.rules.administration import CLI
    from storepulse.adapters.clock import system_clock

    with connection() as opened:
        remove_plan(opened, CLI, plan, system_clock())
    click.echo(f"{plan} is removed")


@command.command()
@click.argument("store")
@click.argument("plan", required=False)
@click.option("--none", "is_none", is_flag=True, help="Remove the store's plan and all its limits.")
@click.option(
    "--from", "from_day", type=click.DateTime(["%Y-%m-%d"]),
    help="The first day, in the store's zone. Default: at once.",
)  # fmt: skip
@limit_option
@json_output.as_json
def assign(
    store: str,
    plan: str | None,
    *,
    is_none: bool,
    from_day: datetime | None,
    limits: tuple[tuple[str, PlanLimit], ...],
    as_json: bool,
) -> None:
    """Assign a plan to a store, at once or from a day on, and list the store's plans.

    --limit replaces the plan's limit of that meter for this store only. Changes that were planned
    for later are cancelled.

    Example: storepulse plans assign shop.example starter --from 2026-12-01 --limit order=:900
    """
    from storepulse.access.plan_changes import assign_plan
    from storepulse.access.rules.administration import CLI
    from storepulse.adapters.clock import system_clock

    if is_none == (plan is not None):
        raise click.UsageError("name a PLAN, or use --none")
    day: date | None = None if from_day is None else from_day.date()
    with connection() as opened:
        store_id = store_id_of(opened, store)
        rows = assign_plan(opened, CLI, store_id, plan, system_clock(), dict(limits), day)
    if as_json:
        json_output.print_json([_assignment(row) for row in rows])
        return
    for row in rows:
        shown = _assignment(row)
        click.echo(f"{row.plan or 'no plan'}  from {shown['from_at'][:19]}Z  by {row.assigned_by}")
        _show_limits(row.limits)


def _limits_document(limits: dict[str, PlanLimit]) -> dict[str, Any]:
    return {
        meter: {
            "soft": None if limit.soft is None else f"{limit.soft:f}",
            "hard": None if limit.hard is None else f"{limit.hard:f}",
        }
        for meter, limit in limits.items()
    }


def _document(row: PlanRow) -> dict[str, Any]:
    times = json_output.plain({"created_at": row.created_at, "updated_at": row.updated_at})
    return {
        "plan": row.plan,
        "description": row.description,
        "limits": _limits_document(row.limits),
        "created_by": row.created_by,
        **times,
    }


def _assignment(row: StorePlanRow) -> dict[str, Any]:
    times = json_output.plain({"from_at": row.from_at, "assigned_at": row.assigned_at})
    limits = _limits_document(row.limits)
    return {"plan": row.plan, "limits": limits, "assigned_by": row.assigned_by, **times}


def _show(row: PlanRow) -> None:
    from storepulse.cli.tail import printable

    click.echo(row.plan)
    if row.description:
        click.echo(f"  {printable(row.description)}")
    _show_limits(row.limits)


def _show_limits(limits: dict[str, PlanLimit]) -> None:
    for meter, limit in limits.items():
        levels = (("soft", limit.soft), ("hard", limit.hard))
        told = ", ".join(f"{level} {amount:f}" for level, amount in levels if amount is not None)
        click.echo(f"  {meter}: {told or 'no limit'}")
