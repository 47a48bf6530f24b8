"""Warnings for authors about valid tests: a misleading metric, tests that meet on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from storepulse.domain.experiments.definition import Definition
from storepulse.domain.experiments.meetings import PageTest, conflicts
from storepulse.domain.experiments.metric_sources import PURCHASE

MOST_TOLD = 20


def warnings_of(test: PageTest, others: Sequence[PageTest], names: Mapping[str, str]) -> list[str]:
    """The warnings for a test's author. `others`: the running and paused tests.

    `names`: of all of them, by id.
    """
    told = [*_of_metrics(test.definition), *_of_meeting(test, others, names)]
    return told[:MOST_TOLD]


def _of_metrics(definition: Definition) -> Iterator[str]:
    if definition.metric.kind == "ratio":
        yield (
            f"{definition.primary_metric} decides and is a ratio: it looks at those alone who have"
            " its denominator, such as buyers, whom the variant itself may change"
        )
    for metric in definition.metrics:
        has_cap = metric.auto_cap or metric.cap is not None
        if metric.kind == "sum" and metric.source == PURCHASE and not has_cap:
            yield f"{metric.key} has no cap: a few large orders may hide what a variant does"
    yield from _of_ratios(definition)


def _of_ratios(definition: Definition) -> Iterator[str]:
    """Ratios of revenue in one currency to orders in all: an average that no order had."""
    by_key = {metric.key: metric for metric in definition.metrics}
    for ratio in definition.metrics:
        if ratio.numerator is None or ratio.denominator is None:
            continue
        above, below = by_key[ratio.numerator], by_key[ratio.denominator]
        if above.source == below.source and above.currency != below.currency:
            yield (
                f"{ratio.key} divides {above.key} in {above.currency or 'all currencies'} by"
                f" {below.key} in {below.currency or 'all currencies'}: give both the same currency"
            )


def _of_meeting(
    test: PageTest, others: Sequence[PageTest], names: Mapping[str, str]
) -> Iterator[str]:
    for meeting in conflicts([test, *others]):
        pair = (meeting.winner, meeting.loser)
        if test.test_id not in pair:
            continue
        other = pair[0] if pair[1] == test.test_id else pair[1]
        place = meeting.property
        if meeting.slot_id is not None:
            place = f"{meeting.slot_id}.{place}"
        yield f"{place} is also changed by the test {names[other]}: {names[meeting.winner]} wins"
