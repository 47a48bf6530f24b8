"""Rates of streams by two looks, and when nothing is said."""

from __future__ import annotations

from storepulse.query.stream_flow import KEPT_SECONDS, OLD_SECONDS, Standing, StreamFlow


def flow_of(*looks: tuple[float, dict[str, tuple[int, int, float]]]) -> StreamFlow:
    flow = StreamFlow()
    for now, streams in looks:
        flow.add(now, {name: Standing(*one) for name, one in streams.items()})
    return flow


def test_rates_are_differences_of_ends() -> None:
    flow = flow_of(
        (0, {"cart": (100, 0, 0.0), "bot": (0, 0, 0.0)}),
        (5, {"cart": (150, 7, 1.5), "bot": (0, 0, 0.0)}),
        (10, {"cart": (160, 3, 0.5), "bot": (40, 2, 2.5)}),
    )
    seen = flow.read(11)
    assert seen is not None
    assert [(rate.at, rate.ends, rate.per_second) for rate in seen.rates] == [
        (0, 5, 10),
        (5, 10, 10),
    ]
    assert (seen.as_of, seen.per_second, seen.lag, seen.most_behind) == (10, 10, 5, 2.5)
    assert [(one.stream, one.per_second, one.lag) for one in seen.streams] == [
        ("cart", 6.0, 3),
        ("bot", 4.0, 2),
    ]


def test_nothing_is_said_of_now_by_an_old_look() -> None:
    flow = flow_of((0, {"cart": (1, 0, 0.0)}))
    assert StreamFlow().read(0) is None
    seen = flow.read(OLD_SECONDS)
    assert seen is not None
    assert (seen.per_second, seen.rates) == (None, [])
    assert flow.read(OLD_SECONDS + 1) is None


def test_a_topic_that_is_new_or_made_again_has_no_rate() -> None:
    flow = flow_of(
        (0, {"cart": (100, 0, 0.0)}),
        (5, {"cart": (20, 0, 0.0)}),
        (10, {"cart": (30, 0, 0.0), "bot": (5, 0, 0.0)}),
    )
    seen = flow.read(10)
    assert seen is not None
    assert seen.rates == []
    assert [one.per_second for one in seen.streams] == [None, None]


def test_looks_of_the_last_minutes_are_kept() -> None:
    looks = [(float(n), {"cart": (n, 0, 0.0)}) for n in range(0, 1000, 5)]
    seen = flow_of(*looks).read(995)
    assert seen is not None
    assert len(seen.rates) == KEPT_SECONDS / 5
    # A pause between looks has no rate of its own.
    gap = flow_of((0, {"cart": (0, 0, 0.0)}), (100, {"cart": (500, 0, 0.0)})).read(100)
    assert gap is not None
    assert (gap.rates, gap.per_second) == ([], None)
