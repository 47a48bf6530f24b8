"""`storepulse experiments simulate`: simulates runs of a test to show how often it errs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storepulse.cli import json_output
from storepulse.cli.database import connection
from storepulse.cli.experiment_options import SharesOption

if TYPE_CHECKING:
    from storepulse.domain.experiments.simulated_shop import MadeUpShop
    from storepulse.domain.experiments.simulation import SimulatedTest, WayFigures

#: Defaults of the simulated shop, which is of medium size.
_RATE = 0.03
_VISITORS = 3_800


@click.command(name="simulate")
@click.option("--rate", type=click.FloatRange(0, 1, min_open=True, max_open=True),
              help=f"Share of visitors that buy. Default: {_RATE}, or the store's.")  # fmt: skip
@click.option("--visitors-per-day", "visitors", type=click.FloatRange(1, 10_000_000),
              help=f"New visitors of the test. Default: {_VISITORS}, or the store's.")  # fmt: skip
@click.option("--days", type=click.IntRange(1, 365), default=28, show_default=True,
              help="How long the test runs.")  # fmt: skip
@click.option("--effect", type=click.FloatRange(-0.99, 100), default=0.1, show_default=True,
              help="Relative lift of a variant over control; 0: A/A only.")  # fmt: skip
@click.option("--split", type=SharesOption(), default="50/50", show_default=True,
              help="Shares of control and variants.")  # fmt: skip
@click.option("--runs", type=click.IntRange(1, 1_000_000), default=2_000, show_default=True,
              help="Number of simulated tests.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True,
              help="The same seed gives the same figures.")  # fmt: skip
@click.option("--alpha", type=click.FloatRange(0.001, 0.2), default=0.05, show_default=True,
              help="The allowed error rate.")  # fmt: skip
@click.option("--n-star", type=click.IntRange(1), metavar="N",
              help="Planned visitors of control and one variant. Default: all.")  # fmt: skip
@click.option("--revenue", type=click.Choice(["lognormal", "stored"]),
              help="Compare revenue per visitor: simulated totals, or the store's.")  # fmt: skip
@click.option("--sigma", type=click.FloatRange(0, 3), default=1.0, show_default=True,
              help="Spread of the lognormal totals.")  # fmt: skip
@click.option("--store", metavar="ID|DOMAIN", help="Take visitors and buyers from this store.")
@click.option("--svg", "file", type=click.Path(dir_okay=False, path_type=Path),
              help="Also draw a chart into this file.")  # fmt: skip
@json_output.as_json
def command(**given: Any) -> None:
    """Simulate tests, look at them every day, and count how often a winner is declared.

    First A/A tests, in which each winner is false; then A/B tests with --effect. Three ways to
    decide: a fixed-horizon test on the first day on which it is below alpha, the same test only on
    the last day, and the always-valid test that the results use.

    Example: storepulse experiments simulate --rate 0.03 --visitors-per-day 3800 --effect 0.1
    """
    from storepulse.domain.experiments.simulation import simulate

    shop = _shop_of(given)
    trials = [_trial(shop, effect, given) for effect in dict.fromkeys((0.0, given["effect"]))]
    found = [(trial, simulate(trial, given["seed"])) for trial in trials]
    if given["file"] is not None:
        given["file"].write_text(_drawn(found), "utf-8")
    if given["as_json"]:
        json_output.print_json(_document(shop, found, given["seed"]))
        return
    for trial, figures in found:
        _show(trial, figures)


def _trial(shop: MadeUpShop, effect: float, given: dict[str, Any]) -> SimulatedTest:
    from storepulse.domain.experiments.simulation import SimulatedTest

    return SimulatedTest(
        shop=shop,
        shares=given["split"],
        effect=effect,
        days=given["days"],
        runs=given["runs"],
        alpha=given["alpha"],
        n_star=given["n_star"],
    )


def _shop_of(given: dict[str, Any]) -> MadeUpShop:
    """The shop from the options, or from a store's figures. Raises Rejected, Transient."""
    from storepulse.domain.experiments.simulated_shop import LognormalAmounts, MadeUpShop

    visitors, rate = given["visitors"], given["rate"]
    if given["store"] is None:
        if given["revenue"] == "stored":
            raise click.UsageError("--revenue stored requires --store")
        amounts = LognormalAmounts(sigma=given["sigma"]) if given["revenue"] else None
        return MadeUpShop((visitors or _VISITORS,), rate or _RATE, amounts)
    own = _shop_of_store(given)
    return MadeUpShop((visitors,) if visitors else own.visitors, rate or own.rate, own.amounts)


def _shop_of_store(given: dict[str, Any]) -> MadeUpShop:
    import numpy as np

    from storepulse.cli.store_names import store_id_of
    from storepulse.domain.errors import Rejected
    from storepulse.domain.experiments.simulated_shop import (
        LognormalAmounts,
        MadeUpShop,
        StoredAmounts,
    )
    from storepulse.experiments.traffic import read_traffic

    with connection() as opened:
        traffic = read_traffic(opened, store_id_of(opened, given["store"]), "purchase")
    if not (given["visitors"] or traffic.visitors_of_all):
        raise Rejected("store", f"had no visitors in its last {len(traffic.visitors)} whole days")
    if not (given["rate"] or traffic.rate):
        raise Rejected("store", "sold nothing in these days; give --rate")
    if given["revenue"] != "stored":
        amounts = LognormalAmounts(sigma=given["sigma"]) if given["revenue"] else None
        return MadeUpShop(traffic.visitors, traffic.rate or 0, amounts)
    if not traffic.totals:
        raise Rejected("store", "has no purchases with an amount; use --revenue lognormal")
    return MadeUpShop(
        traffic.visitors, traffic.rate or 0, StoredAmounts(np.asarray(traffic.totals))
    )


def _title(trial: SimulatedTest) -> str:
    return "A/A" if trial.effect == 0 else f"A/B, {_percent(trial.effect)}"


def _percent(effect: float) -> str:
    return f"{effect:+.1%}".replace(".0%", "%").replace("%", " %")


def _show(trial: SimulatedTest, figures: list[WayFigures]) -> None:
    from storepulse.cli.table import Column, number_columns, show_table

    click.echo(
        f"{_title(trial)}: {trial.runs:,} runs of {trial.days} days, N* {trial.planned_visitors:,}"
    )
    if trial.effect == 0:
        show_table(
            [Column("way"), *number_columns("false winners", "mean day")],
            [(one.way, _share(one.found, one.error(trial.runs)), _day(one)) for one in figures],
        )
        return
    named = [
        (
            one.way,
            _share(_right(trial, one), one.error(trial.runs)),
            _share(one.found - _right(trial, one)),
            _day(one),
            "-" if one.seen_effect is None else _percent(one.seen_effect),
        )
        for one in figures
    ]
    columns = number_columns("found", "wrong way", "mean day", "lift shown")
    show_table([Column("way"), *columns], named)


def _right(trial: SimulatedTest, one: WayFigures) -> float:
    """The share of runs with the right result."""
    return one.better if trial.effect > 0 else one.worse


def _share(share: float, error: float | None = None) -> str:
    told = f"{share * 100:.1f} %"
    return told if error is None else f"{told} ± {error * 100:.1f}"


def _day(one: WayFigures) -> str:
    return "-" if one.mean_day is None else f"{one.mean_day:.1f}"


def _document(
    shop: MadeUpShop, found: list[tuple[SimulatedTest, list[WayFigures]]], seed: int
) -> dict[str, Any]:
    first = found[0][0]
    return {
        "seed": seed,
        "runs": first.runs,
        "days": first.days,
        "split": list(first.shares),
        "alpha": first.alpha,
        "n_star": first.planned_visitors,
        "rate": shop.rate,
        "visitors_per_day": list(shop.visitors),
        "metric": "conversion" if shop.amounts is None else "revenue",
        "trials": [
            {
                "effect": trial.effect,
                "ways": [asdict(one) | {"error": one.error(trial.runs)} for one in figures],
            }
            for trial, figures in found
        ],
    }


def _drawn(found: list[tuple[SimulatedTest, list[WayFigures]]]) -> str:
    from storepulse.cli.experiment_chart import ChartLine, ChartPanel, svg_of

    panels = []
    for trial, figures in found:
        lines = [ChartLine(one.way, one.by_day) for one in figures]
        is_same = trial.effect == 0
        told = "no difference: all winners are false" if is_same else "the difference is real"
        mark = (trial.alpha, f"{trial.alpha:.0%} allowed".replace("%", " %")) if is_same else None
        panels.append(ChartPanel(f"{_title(trial)}: {told}", lines, mark))
    return svg_of(panels)
