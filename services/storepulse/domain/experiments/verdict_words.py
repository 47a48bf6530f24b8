"""The sentences of verdicts, precise enough for a statistician and clear for a merchant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from storepulse.domain.experiments.definition import MetricKind
from storepulse.domain.experiments.guards import MOST_MULTIPLE, MultipleGuard, Shortfall, SplitGuard
from storepulse.domain.statistics.figures import Comparison, Interval

MINUS = "\N{MINUS SIGN}"
# More reasons to wait would not be read.
_MOST_NEEDS = 4


@dataclass(frozen=True, slots=True)
class Pair:
    """The names of the variant, control and the metric in sentences."""

    variant: str
    control: str
    metric: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The question about all variants; `has_ended`: no more data will come."""

    metric: str
    control: str
    has_ended: bool


def invalid(split: SplitGuard, multiple: MultipleGuard) -> str:
    """Why the data cannot be trusted."""
    if split.split.reason == "units_in_zero_weight_variant":
        return "Invalid: visitors saw a variant that has no weight."
    if split.split.status == "fail":
        since = f" since {_day(split.since)}" if split.since else ""
        return (
            f"Invalid{since}: visitors do not divide as the weights say "
            f"({_p(split.split.p_value or 0.0)}), so something loses visitors of one variant and "
            "no figure can be trusted until it is found."
        )
    share = 100 * (multiple.share or 0.0)
    return (
        f"Invalid: {share:.1f}% of the visitors saw more than one variant "
        f"(allowed: {100 * MOST_MULTIPLE:.0f}%), so the variants cannot be told apart."
    )


def collecting(needs: Sequence[Shortfall], names: dict[str, str], has_ended: bool) -> str:
    """What is missing, and until when."""
    parts = [_need(need, names) for need in needs[:_MOST_NEEDS]]
    if len(needs) > _MOST_NEEDS:
        parts.append(f"and {len(needs) - _MOST_NEEDS} more")
    return f"{_too_early(has_ended)}: {'; '.join(parts)}."


def conclusive(pair: Pair, outcome: str, effect: str) -> str:
    """Better or worse, by how much, and that repeated looks do not invalidate it."""
    return (
        f"{pair.variant} is {outcome} than {pair.control} on {pair.metric}: {effect}. "
        "This holds however often the test was looked at."
    )


def no_difference(pair: Pair, comparison: Comparison, kind: MetricKind, planned: int) -> str:
    """No difference, and what the planned size rules out."""
    return (
        f"No difference found between {pair.variant} and {pair.control} on {pair.metric} with the "
        f"planned {planned:,} visitors{_ruled_out(comparison, kind)}."
    )


def not_yet(
    pair: Pair, comparison: Comparison, kind: MetricKind, need: Shortfall, has_ended: bool
) -> str:
    """What is undecided, and how much of the planned size is reached."""
    return (
        f"{_undecided(has_ended)} between {pair.variant} and {pair.control} on {pair.metric}"
        f"{_open(comparison, kind)}: {need.have:,.0f} of the planned {need.want:,.0f} visitors are "
        f"in{_by_date(need.expected_at, 'the rest is expected by')}."
    )


def no_longer(pair: Pair, comparison: Comparison, kind: MetricKind, day: date) -> str:
    """A difference that is no longer conclusive."""
    return (
        f"The difference between {pair.variant} and {pair.control} on {pair.metric} was conclusive "
        f"on {_day(day)}, no longer{_open(comparison, kind)}: novelty or a change in traffic."
    )


def several_better(leader: Pair, names: Sequence[str], effect: str) -> str:
    """Several variants better than control: the leader, without a claim between them."""
    return (
        f"{_list(names)} are better than {leader.control} on {leader.metric}; {leader.variant} "
        f"leads ({effect}), but which of them is best is not known yet."
    )


def all_worse(asked: Asked) -> str:
    """Control is better than every variant."""
    return f"{asked.control} is better than every variant on {asked.metric}."


def none_comparable(asked: Asked, until: datetime | None) -> str:
    """Every comparison lacks events."""
    return (
        f"{_too_early(asked.has_ended)}: no variant has enough events of {asked.metric} to be "
        f"compared{_rest_by(until)}."
    )


def none_better_yet(asked: Asked, worse: Sequence[str], until: datetime | None) -> str:
    """No variant is better yet, and some may still become so."""
    return (
        f"{_undecided(asked.has_ended)}: no variant is better than {asked.control} on "
        f"{asked.metric} so far{_but_worse(worse)}{_rest_by(until)}."
    )


def none_better(asked: Asked, worse: Sequence[str]) -> str:
    """No variant is better at the planned size."""
    return (
        f"No variant was found better than {asked.control} on {asked.metric} at the planned size"
        f"{_but_worse(worse)}."
    )


def nothing_to_compare() -> str:
    """A phase in which only control has a weight."""
    return "Nothing to compare: no variant beside control has a weight."


def effect(comparison: Comparison, kind: MetricKind) -> str:
    """The interval of the lift, else of the difference; a point estimate would promise too much."""
    if comparison.lift.interval is not None:
        return _percent_range(comparison.lift.interval)
    if comparison.interval is None:
        return "no figure"
    return _amount_range(comparison.interval, kind)


def _ruled_out(comparison: Comparison, kind: MetricKind) -> str:
    interval = comparison.lift.interval
    if interval is not None:
        low, high = _percent(interval.low), _percent(interval.high)
    elif comparison.interval is not None:
        low = _amount(comparison.interval.low, kind)
        high = _amount(comparison.interval.high, kind) + _unit(kind)
    else:
        return ""
    return f": a change below {low} or above {high} is ruled out"


def _open(comparison: Comparison, kind: MetricKind) -> str:
    if comparison.interval is None:
        return ""
    return f" (the change is {effect(comparison, kind)})"


def _need(need: Shortfall, names: dict[str, str]) -> str:
    have, want = need.have, need.want
    name = names.get(need.variant_id or "", need.variant_id or "")
    when = _by_date(need.expected_at, "expected by")
    if need.what == "mature_units":
        return f"{name} has {have:,.0f} of {want:,.0f} visitors whose time is over{when}"
    if need.what == "running_hours":
        return f"the test ran {have:.0f} of {want:.0f} hours{when}"
    who = "converted" if need.what == "converters" else "did not convert"
    return f"too few visitors of {name} {who} ({have:.1f} of {want:.0f} expected){when}"


def _but_worse(worse: Sequence[str]) -> str:
    return f"; {_list(worse)} {'is' if len(worse) == 1 else 'are'} worse" if worse else ""


def _rest_by(moment: datetime | None) -> str:
    return "" if moment is None else f"; what is missing is expected by {_day(moment.date())}"


def _too_early(has_ended: bool) -> str:
    return "Ended too early to say" if has_ended else "Too early to say"


def _undecided(has_ended: bool) -> str:
    return "Not decided when it ended" if has_ended else "Not decided yet"


def _by_date(moment: datetime | None, words: str) -> str:
    return "" if moment is None else f", {words} {_day(moment.date())}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _p(p_value: float) -> str:
    return "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.1g}"


def _percent(share: float) -> str:
    # Rounded first, and 0 added, to avoid a negative zero.
    return _with_minus(f"{round(100 * share, 1) + 0.0:+,.1f}%")


def _percent_range(interval: Interval) -> str:
    return f"between {_percent(interval.low)} and {_percent(interval.high)}"


def _amount_range(interval: Interval, kind: MetricKind) -> str:
    return f"between {_amount(interval.low, kind)} and {_amount(interval.high, kind)}{_unit(kind)}"


def _amount(value: float, kind: MetricKind) -> str:
    if kind == "binary":
        return _with_minus(f"{100 * value:+.2f}")
    return _with_minus(f"{value:+,.3g}" if abs(value) < 100 else f"{value:+,.0f}")


def _with_minus(figure: str) -> str:
    return figure.replace("-", MINUS)


def _unit(kind: MetricKind) -> str:
    return " percentage points" if kind == "binary" else ""


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
