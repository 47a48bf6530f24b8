"""`storepulse experiments plan`: how many visitors a test needs, and how many days they take."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from storepulse.cli import json_output
from storepulse.cli.database import connection
from storepulse.cli.experiment_options import SharesOption

if TYPE_CHECKING:
    from storepulse.domain.experiments.planning import PlannedTest, PlanQuestion
    from storepulse.experiments.traffic import Traffic

_METHODS = {"always_valid": "always valid", "fixed": "one look"}


@click.command(name="plan")
@click.option(
    "--store", metavar="ID|DOMAIN", help="Take the baseline and the visitors from this store."
)
@click.option("--source", default="purchase", show_default=True,
              help="The events to measure, such as add_to_cart or custom:NAME.")  # fmt: skip
@click.option("--baseline", type=float, help="The rate of control, or with --deviation its mean.")
@click.option("--deviation", type=float, help="Standard deviation of one visitor's total.")
@click.option("--revenue", is_flag=True, help="Plan for the store's revenue per visitor.")
@click.option("--effect", type=float, help="The smallest relative effect to find: 0.1 is 10 %.")
@click.option("--days", type=click.IntRange(1, 365),
              help="Also show the effect that a test of this many days finds.")  # fmt: skip
@click.option("--visitors-per-day", "visitors", type=click.FloatRange(0, 1e9, min_open=True),
              help="New visitors a day, before --traffic.")  # fmt: skip
@click.option("--traffic", type=click.FloatRange(0, 1, min_open=True), default=1.0,
              show_default=True, help="The share of visitors that takes part.")  # fmt: skip
@click.option("--split", type=SharesOption(), default="50/50", show_default=True,
              help="Shares of control and variants.")  # fmt: skip
@click.option("--power", type=click.FloatRange(0.5, 0.99), default=0.8, show_default=True,
              help="The probability of finding the effect.")  # fmt: skip
@click.option("--alpha", type=click.FloatRange(0.001, 0.2), default=0.05, show_default=True,
              help="The allowed error rate.")  # fmt: skip
@click.option("--window", type=click.IntRange(1, 720), default=72, show_default=True,
              help="Hours within which a visitor can convert.")  # fmt: skip
@json_output.as_json
def command(**given: Any) -> None:
    """Plan a test: visitors per variant and days, for always-valid figures and for one look.

    The number of days, and the baseline if it is not given, come from a store's last 14 whole days
    (--store). Exit code 1 if no plan is possible.

    Example: storepulse experiments plan --baseline 0.03 --effect 0.1 --visitors-per-day 3800
    """
    from storepulse.domain.experiments.planning import plan

    traffic = _traffic_of(given)
    question = _question_of(given, traffic)
    planned = plan(question)
    if given["as_json"]:
        json_output.print_json(_document(question, planned, traffic))
        return
    _show(question, planned, traffic)


def _traffic_of(given: dict[str, Any]) -> Traffic | None:
    from storepulse.cli.store_names import store_id_of
    from storepulse.experiments.traffic import read_traffic

    if given["store"] is None:
        return None
    source = given["source"] if given["baseline"] is None else None
    with connection() as opened:
        return read_traffic(opened, store_id_of(opened, given["store"]), source)


def _question_of(given: dict[str, Any], traffic: Traffic | None) -> PlanQuestion:
    """Raises Rejected."""
    from storepulse.domain.experiments.planning import PlanQuestion
    from storepulse.experiments.measured_baseline import baseline_of

    if given["deviation"] is not None and given["baseline"] is None:
        raise click.UsageError("--deviation requires --baseline")
    if given["revenue"] and given["source"] != "purchase":
        raise click.UsageError("--revenue counts purchases and cannot be combined with --source")

    return PlanQuestion(
        baseline=baseline_of(
            given["baseline"], given["deviation"], traffic, is_revenue=given["revenue"]
        ),
        effect=given["effect"],
        shares=given["split"],
        power=given["power"],
        alpha=given["alpha"],
        visitors_a_day=given["visitors"] or (traffic.visitors_a_day if traffic else None),
        traffic=given["traffic"],
        days=given["days"],
        window_hours=given["window"],
    )


def _document(
    question: PlanQuestion, planned: PlannedTest, traffic: Traffic | None
) -> dict[str, Any]:
    measured = None
    if traffic is not None:
        measured = {
            "from": traffic.first_day.isoformat(),
            "to": traffic.end_day.isoformat(),
            "visitors": traffic.visitors_of_all,
            "converters": traffic.converters,
            "currency": traffic.currency,
        }
    return {
        "baseline": asdict(question.baseline),
        "effect": question.effect,
        "visitors_per_day": question.visitors_a_day,
        "measured": measured,
        **asdict(planned),
    }


def _show(question: PlanQuestion, planned: PlannedTest, traffic: Traffic | None) -> None:
    from storepulse.cli.table import Column, number_columns, show_table

    baseline = question.baseline
    told = f"rate {baseline.value:.2%}".replace("%", " %")
    if baseline.deviation is not None:
        told = f"mean {baseline.value:.2f} ± {baseline.deviation:.2f} a visitor"
    if traffic is not None:
        told += f", {traffic.visitors_a_day:,.0f} visitors a day since {traffic.first_day}"
    click.echo(f"baseline: {told}")
    if planned.sizes is not None:
        columns = [Column("method"), *number_columns("each variant", "visitors", "days")]
        rows = [
            (
                _METHODS[method],
                " / ".join(f"{count:,}" for count in dict.fromkeys(size.by_variant)),
                f"{size.visitors:,}",
                "-" if size.days is None else f"{size.days:,}",
            )
            for method, size in planned.sizes.items()
        ]
        show_table(columns, rows)
    for method, effect in (planned.detectable or {}).items():
        found = "no effect" if effect is None else f"{effect:+.1%}".replace("%", " %")
        click.echo(f"{question.days} days find, {_METHODS[method]}: {found}")
    click.echo(f"n_star: {planned.n_star:,}")
