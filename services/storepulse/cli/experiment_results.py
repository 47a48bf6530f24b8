"""`storepulse experiments results`: shows a test's results, and what is missing for a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from storepulse.cli import json_output
from storepulse.cli.database import connection

if TYPE_CHECKING:
    from storepulse.domain.experiments.definition import Metric
    from storepulse.domain.experiments.metric_results import MetricResult, VariantResult
    from storepulse.domain.experiments.rollups import PhaseCounts
    from storepulse.domain.statistics.figures import Interval
    from storepulse.experiments.results import Reported

#: Smaller values are shown as below this one.
_LEAST_P = 0.0001


@click.command(name="results")
@click.argument("test", type=click.UUID)
@click.option(
    "--phase", type=click.IntRange(1, 2**31 - 1), help="The phase. Default: the last one."
)
@json_output.as_json
def command(test: UUID, *, phase: int | None, as_json: bool) -> None:
    """Show the verdict of a test and its always-valid figures of mature visitors.

    --json prints the API's answer, with fixed-horizon, Bayesian and CUPED figures. Exit code 1
    if there are no results.

    Example: storepulse experiments results 0198f0a2-7c1e-7c40-9a52-3c1f6a1b2c3d
    """
    reported = _read(test, phase)
    if as_json:
        from storepulse.query.experiment_result_models import ExperimentResultsAnswer

        shown = ExperimentResultsAnswer.of(reported).data
        json_output.print_json(shown.model_dump(mode="json", by_alias=True))
        return
    _show_head(reported)
    names = {one.variant_id: one.name for one in reported.results.units}
    for frozen, metric in zip(
        reported.phase.definition.metrics, reported.results.metrics, strict=True
    ):
        _show_metric(frozen, metric, names)


def _read(test: UUID, phase: int | None) -> Reported:
    """Raises Rejected, Transient."""
    from psycopg import IsolationLevel

    from storepulse.domain.errors import Rejected
    from storepulse.experiments.results import NoResults, read_results

    with connection() as opened:
        opened.isolation_level = IsolationLevel.REPEATABLE_READ
        try:
            return read_results(opened, test, phase)
        except NoResults as error:
            raise Rejected("", str(error)) from None


def _show_head(reported: Reported) -> None:
    from storepulse.cli.tail import printable

    results = reported.results
    ran = f"{results.running_hours / 24:.1f} days"
    name = printable(reported.name)
    click.echo(f"{name}: {reported.status}, phase {results.phase}, ran {ran}")
    click.echo(printable(results.verdict.sentence))
    if len(results.verdict.variants) > 1:
        for one in results.verdict.variants:
            click.echo(f"  {printable(one.sentence)}")
    if results.mature_until is not None:
        click.echo(f"counts visitors until {results.mature_until}, whose windows have closed")
    left_out = _left_out(results.counts)
    if left_out:
        click.echo(f"left out: {left_out}")
    if not reported.is_settled:
        click.echo("the phase has just begun or ended: its figures follow within a minute")


def _left_out(counts: PhaseCounts) -> str:
    told = (
        (counts.multi_units, "visitors who saw several variants"),
        (counts.bot_units, "robots"),
        (counts.other_currency_events, "events in another currency"),
    )
    return ", ".join(f"{number:,} {what}" for number, what in told if number)


def _kind(metric: Metric, *, decides: bool) -> str:
    """A metric's kind with its currency and cap."""
    parts = [metric.kind, metric.currency, "decides" if decides else None]
    if metric.cap is not None:
        parts.append(f"up to {metric.cap.normalize():f} a visitor")
    elif metric.auto_cap:
        parts.append("no cap: too few buyers before the start")
    return ", ".join(part for part in parts if part)


def _show_metric(frozen: Metric, metric: MetricResult, names: dict[str, str]) -> None:
    from storepulse.cli.table import Column, number_columns, show_table

    click.echo(f"\n{metric.metric} ({_kind(frozen, decides=metric.is_primary)})")
    columns = [Column("variant"), *number_columns("visitors", "value", "lift", "from", "to", "p")]
    show_table(columns, [_row(metric, one, names) for one in metric.variants])


def _row(metric: MetricResult, one: VariantResult, names: dict[str, str]) -> tuple[str, ...]:
    figures = one.mature
    value = "-" if figures.value is None else f"{figures.value:.4g}"
    if metric.kind == "binary" and figures.value is not None:
        value = f"{figures.value * 100:.2f} %"
    cells: tuple[Any, ...] = (names[one.variant_id], f"{figures.units:,}", value)
    if one.compared is None:
        return (*cells, "-", "-", "-", "-")
    judged = one.compared.always_valid
    lift = judged.comparison.lift
    low, high = _bounds(lift.interval)
    told = "-" if lift.value is None else _percent(lift.value)
    return (*cells, told, low, high, _p(judged.adjusted_p))


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if value >= _LEAST_P else f"< {_LEAST_P}"


def _bounds(interval: Interval | None) -> tuple[str, str]:
    if interval is None:
        return "-", "-"
    return _percent(interval.low), _percent(interval.high)


def _percent(share: float) -> str:
    return f"{share * 100:+,.1f} %"
