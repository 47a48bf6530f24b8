"""What authors are told of a test that is allowed."""

from __future__ import annotations

from msgspec.structs import replace

from storepulse.domain.experiments.advice import MOST_TOLD, warnings_of
from storepulse.domain.experiments.definition import Definition, Metric, SlotOverride, Variant
from storepulse.domain.experiments.meetings import PageTest

SUM = Metric("sum", "sum", "purchase", "EUR", auto_cap=True)
COUNT = Metric("count", "count", "purchase", "EUR")
RATIO = Metric("aov", "ratio", numerator="sum", denominator="count")


def definition(value: int = 0, *slots: str) -> Definition:
    overrides = {slot: SlotOverride({"title": value}) for slot in slots}
    return Definition(
        (Variant("a", "A", 5000, is_control=True), Variant("b", "B", 5000, False, overrides)),
        (SUM, COUNT, RATIO),
        "sum",
    )


def told(test: Definition, *others: PageTest) -> list[str]:
    names = {"t": "Mine", **{other.test_id: f"Test {other.test_id}" for other in others}}
    return warnings_of(PageTest("t", 0, test), others, names)


def test_nothing_is_told_of_a_sound_test() -> None:
    assert told(definition(1, "hero"), PageTest("o", 0, definition(2, "footer"))) == []


def test_a_ratio_that_decides_and_revenue_without_a_cap_are_told() -> None:
    (ratio,) = told(replace(definition(), primary_metric="aov"))
    assert ratio.startswith("aov decides and is a ratio")
    (bare,) = told(replace(definition(), metrics=(replace(SUM, auto_cap=False), COUNT)))
    assert bare.startswith("sum has no cap")


def test_a_ratio_of_two_currencies_is_told() -> None:
    everywhere = replace(definition(), metrics=(SUM, replace(COUNT, currency=None), RATIO))
    assert told(everywhere) == [
        "aov divides sum in EUR by count in all currencies: give both the same currency"
    ]
    other = replace(COUNT, source="page_view", currency=None)
    assert told(replace(definition(), metrics=(SUM, other, RATIO))) == []


def test_tests_that_meet_are_told_with_the_one_that_wins() -> None:
    mine = definition(1, "hero")
    assert told(mine, PageTest("o", 1, definition(2, "hero"))) == [
        "hero.props.title is also changed by the test Test o: Test o wins"
    ]
    assert told(mine, PageTest("o", -1, definition(2, "hero"))) == [
        "hero.props.title is also changed by the test Test o: Mine wins"
    ]
    # What two others do to each other is not told here.
    others = [PageTest(name, 1, definition(at, "footer")) for at, name in enumerate("op")]
    assert told(mine, *others) == []
    many = [PageTest(f"o{n}", 1, definition(2, "hero")) for n in range(MOST_TOLD + 5)]
    assert len(told(mine, *many)) == MOST_TOLD
