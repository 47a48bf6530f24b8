"""The sentences of verdicts: one each, for a merchant to understand and a statistician to sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from storepulse.domain.experiments.definition import MetricKind
from storepulse.domain.experiments.guards import MOST_MULTIPLE, MultipleGuard, Need, SplitGuard
from storepulse.domain.statistics.figures import Comparison, Interval

if TYPE_CHECKING:
    from storepulse.domain.experiments.verdicts import Outcome

# Nobody reads more than four reasons to wait.
_MOST_NEEDS = 4


@dataclass(frozen=True, slots=True)
class Pair:
    """What the words call the variant, control and the metric."""

    variant: str
    control: str
    metric: str


def invalid(split: SplitGuard, multiple: MultipleGuard) -> str:
    """Why nothing can be believed."""
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
        f"Invalid: {share:.1f} % of the visitors saw more than one variant "
        f"(allowed: {100 * MOST_MULTIPLE:.0f} %), so the variants cannot be told apart."
    )


def collecting(needs: Sequence[Need], names: dict[str, str], has_ended: bool) -> str:
    """What is missing, and until when."""
    parts = [_need(need, names) for need in needs[:_MOST_NEEDS]]
    if len(needs) > _MOST_NEEDS:
        parts.append(f"and {len(needs) - _MOST_NEEDS} more")
    start = "Ended too early to say" if has_ended else "Too early to say"
    return f"{start}: {'; '.join(parts)}."


def conclusive(pair: Pair, outcome: Outcome, effect: str) -> str:
    """Better or worse, by how much, and that looking often did not make it so."""
    return (
        f"{pair.variant} is {outcome} than {pair.control} on {pair.metric}: {effect}, "
        "which holds however often the test was looked at."
    )


def no_difference(pair: Pair, comparison: Comparison, kind: MetricKind, planned: int) -> str:
    """What the planned size rules out."""
    return (
        f"No difference found between {pair.variant} and {pair.control} on {pair.metric} with the "
        f"planned {planned:,} visitors{_ruled_out(comparison, kind)}."
    )


def not_yet(
    pair: Pair, comparison: Comparison, kind: MetricKind, need: Need, has_ended: bool
) -> str:
    """What is open, and how much of the planned size is there."""
    return (
        f"{_undecided(has_ended)} between {pair.variant} and {pair.control} on {pair.metric}"
        f"{_open(comparison, kind)}: {need.have:,.0f} of the planned {need.want:,.0f} visitors are "
        f"in{_when(need.expected_at, 'the rest is expected by')}."
    )


def no_longer(pair: Pair, comparison: Comparison, kind: MetricKind, day: date) -> str:
    """A difference that went away."""
    return (
        f"The difference between {pair.variant} and {pair.control} on {pair.metric} was conclusive "
        f"on {_day(day)}, no longer{_open(comparison, kind)}: novelty or a change in traffic."
    )


def several_better(leader: Pair, names: Sequence[str], effect: str) -> str:
    """More than one better than control: who leads, and no claim between them."""
    return (
        f"{_list(names)} are better than {leader.control} on {leader.metric}; {leader.variant} "
        f"leads with {effect}, but which of them is best is not decided."
    )


def of_several(
    outcome: Outcome, metric: str, control: str, worse: Sequence[str], has_ended: bool
) -> str:
    """No variant is better than control: what about all of them together."""
    if outcome == "worse":
        return f"{control} is better than every variant on {metric}."
    but = f"; {_list(worse)} {'is' if len(worse) == 1 else 'are'} worse" if worse else ""
    if outcome == "collecting":
        start = "Ended too early to say" if has_ended else "Too early to say"
        return f"{start}: no variant has enough events of {metric} to be compared."
    if outcome == "not_yet":
        return (
            f"{_undecided(has_ended)}: no variant is better than {control} on {metric} so far{but}."
        )
    return f"No variant was found better than {control} on {metric} at the planned size{but}."


def nothing_to_compare() -> str:
    """A phase whose weights leave control alone."""
    return "Nothing to compare: no variant beside control has a weight."


def effect(comparison: Comparison, kind: MetricKind) -> str:
    """The lift with its interval; where there is none, the difference with its interval."""
    lift = comparison.lift
    if lift.value is not None and lift.interval is not None:
        return f"{_percent(lift.value)} ({_between(lift.interval)})"
    if comparison.difference is None or comparison.interval is None:
        return "no figure"
    low, high = comparison.interval.low, comparison.interval.high
    return (
        f"{_amount(comparison.difference, kind)} "
        f"(between {_amount(low, kind)} and {_amount(high, kind)})"
    )


def _ruled_out(comparison: Comparison, kind: MetricKind) -> str:
    interval = comparison.lift.interval
    if interval is not None:
        low, high = _percent(interval.low), _percent(interval.high)
    elif comparison.interval is not None:
        low, high = _amount(comparison.interval.low, kind), _amount(comparison.interval.high, kind)
    else:
        return ""
    return f": a change below {low} or above {high} is ruled out"


def _open(comparison: Comparison, kind: MetricKind) -> str:
    if comparison.interval is None:
        return ""
    if comparison.lift.interval is not None:
        return f" (the change lies {_between(comparison.lift.interval)})"
    low, high = _amount(comparison.interval.low, kind), _amount(comparison.interval.high, kind)
    return f" (the change lies between {low} and {high})"


def _need(need: Need, names: dict[str, str]) -> str:
    have, want = need.have, need.want
    name = names.get(need.variant_id or "", need.variant_id or "")
    when = _when(need.expected_at, "expected by")
    if need.what == "mature_units":
        return f"{name} has {have:,.0f} of {want:,.0f} visitors whose time is over{when}"
    if need.what == "running_hours":
        return f"the test ran {have:.0f} of {want:.0f} hours{when}"
    if need.what == "planned_units":
        return f"{name} has {have:,.0f} of the planned {want:,.0f} visitors{when}"
    who = "converted" if need.what == "converters" else "did not convert"
    return f"too few visitors of {name} {who} ({have:.1f} of {want:.0f} expected){when}"


def _undecided(has_ended: bool) -> str:
    return "Not decided when it ended" if has_ended else "Not decided yet"


def _when(moment: datetime | None, words: str) -> str:
    return "" if moment is None else f", {words} {_day(moment.date())}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _p(p_value: float) -> str:
    return "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.1g}"


def _percent(share: float) -> str:
    return f"{100 * share:+,.1f} %"


def _between(interval: Interval) -> str:
    return f"between {_percent(interval.low)} and {_percent(interval.high)}"


def _amount(value: float, kind: MetricKind) -> str:
    if kind == "binary":
        return f"{100 * value:+.2f} percentage points"
    return f"{value:+,.3g}" if abs(value) < 100 else f"{value:+,.0f}"


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
