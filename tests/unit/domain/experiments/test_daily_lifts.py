"""Each day's look is what the results of that day said."""

from __future__ import annotations

from datetime import timedelta

from tests.support.experiment_rollups import at, binary_rollups, day, phase

from storepulse.domain.experiments.daily_lifts import lifts_by_day
from storepulse.domain.experiments.results import reading_of, results_of

DAYS = [{"control": (5 + n % 3, 140), "b": (19 - n % 4, 140)} for n in range(12)]


def test_each_look_is_the_result_of_its_day() -> None:
    tested, rollups = phase(), binary_rollups(DAYS)
    reading = reading_of(tested, rollups, at(30))
    metric = tested.definition.metric
    lifts = lifts_by_day(reading, metric)
    assert [one.day for one in lifts] == [day(n) for n in range(len(DAYS))]
    for number, lift in enumerate(lifts):
        until = tested.matures_at(lift.day)
        then = results_of(tested, binary_rollups(DAYS), until)
        result = next(one for one in then.metrics if one.metric == metric.key)
        compared = next(one for one in result.variants if one.variant_id == "b").compared
        assert compared is not None
        (variant,) = lift.variants
        assert variant.judged == compared.always_valid
        assert variant.units == 280 * (number + 1)


def test_the_first_conclusive_day_is_the_first_sound_look_that_decides() -> None:
    tested, rollups = phase(), binary_rollups(DAYS)
    lifts = lifts_by_day(reading_of(tested, rollups, at(30)), tested.definition.metric)
    results = results_of(tested, rollups, at(30))
    first = next(one.day for one in lifts if one.is_sound and one.variants[0].judged.is_conclusive)
    told = {
        one.variant_id: one.first_conclusive_day
        for metric in results.metrics
        if metric.is_primary
        for one in metric.variants
    }
    assert told["b"] == first
    assert not lifts[0].is_sound


def test_days_whose_windows_are_open_have_no_look() -> None:
    tested, rollups = phase(), binary_rollups(DAYS)
    as_of = tested.matures_at(day(4)) + timedelta(hours=1)
    assert [
        one.day
        for one in lifts_by_day(reading_of(tested, rollups, as_of), tested.definition.metric)
    ] == [day(n) for n in range(5)]
