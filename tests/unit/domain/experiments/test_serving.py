"""What visitors get of a test, and why: the order of the reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storepulse.domain.experiments import assignment
from storepulse.domain.experiments.definition import (
    Definition,
    ExclusiveGroup,
    Metric,
    Targeting,
    Variant,
)
from storepulse.domain.experiments.serving import Served, ServedTest
from storepulse.domain.experiments.targeting import KnownVisit, is_for

TEST = "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506"
STORE = "11111111-1111-4111-8111-111111111111"
CONTROL, BLUE = Variant("control", "As it is", 5_000, is_control=True), Variant("blue", "B", 5_000)
NOWHERE = KnownVisit()


def made(**settings: Any) -> ServedTest:
    variants = settings.pop("variants", (CONTROL, BLUE))
    purchases = Metric("purchases", "binary", source="purchase")
    fields = {
        name: settings.pop(name) for name in ("status", "winner", "phase") if name in settings
    }
    definition = Definition(variants, (purchases,), "purchases", **settings)
    known: dict[str, Any] = {"status": "running", "winner": None, "phase": 1} | fields
    return ServedTest(TEST, STORE, "Button", priority=0, definition=definition, **known)


def unit_of_bucket(start: int, end: int, text: str) -> str:
    return next(
        unit
        for unit in (f"v:{number}" for number in range(100_000))
        if start <= assignment.bucket_of(text.format(unit=unit)) < end
    )


def test_everybody_is_assigned_by_his_draw() -> None:
    test = made()
    for number in range(50):
        unit = f"v:{number}"
        drawn = assignment.variant_index(TEST, 1, (5_000, 10_000), unit)
        assert test.serve(unit, NOWHERE, is_bot=False) == Served(drawn, None)


def test_the_first_reason_counts() -> None:
    """Each test lacks the reason of the one before it."""
    unit = unit_of_bucket(5_000, 10_000, f"in:{TEST}:{{unit}}")
    outside = ExclusiveGroup("g", *(
        (0, 5_000) if assignment.bucket_of(f"grp:g:{unit}") >= 5_000 else (5_000, 10_000)
    ))  # fmt: skip
    everything: dict[str, Any] = {
        "status": "completed", "traffic": 5_000, "group": outside,
        "targeting": Targeting(countries=("DE",)),
    }  # fmt: skip
    order = [
        ("completed", {"status": "paused"}, True),
        ("paused", {"status": "running"}, True),
        ("bot", {}, True),
        ("not_targeted", {"targeting": Targeting()}, False),
        ("other_group", {"group": None}, False),
        ("not_in_traffic", {"traffic": 10_000}, False),
    ]
    for reason, change, is_bot in order:
        got = made(**everything).serve(unit, NOWHERE, is_bot=is_bot)
        assert got == Served(0, reason)  # type: ignore[arg-type]
        everything |= change
    assert made(**everything).serve(unit, NOWHERE, is_bot=False).is_assigned


def test_control_is_where_it_stands() -> None:
    test = made(variants=(BLUE, CONTROL), status="paused")
    assert test.serve("v:a", NOWHERE, is_bot=False) == Served(1, "paused")


@pytest.mark.parametrize("is_bot", [False, True])
def test_the_winner_is_for_everybody(is_bot: bool) -> None:
    test = made(status="completed", winner=1, targeting=Targeting(countries=("DE",)), traffic=1)
    assert test.serve("v:a", NOWHERE, is_bot=is_bot) == Served(1, "completed")


def test_a_phase_draws_for_itself() -> None:
    one, other = made(), made(phase=2)
    units = [f"v:{number}" for number in range(200)]
    drawn = [tuple(t.serve(u, NOWHERE, is_bot=False).variant for t in (one, other)) for u in units]
    assert len(set(drawn)) == 4


HERE = KnownVisit("product", "mug", "mobile", "DE", "new", {"source": "mail"})
TARGETINGS: list[tuple[Targeting, dict[str, Any]]] = [
    (Targeting(page_types=("home", "product")), {"page_type": "home"}),
    (Targeting(slugs=("mug",)), {"slug": "mug"}),
    (Targeting(devices=("mobile",)), {"device": "mobile"}),
    (Targeting(countries=("DE", "AT")), {"country": "AT"}),
    (Targeting(visitors="new"), {"visitor": "new"}),
    (Targeting(utm={"source": ("mail",)}), {"utm": {"source": "mail", "term": "x"}}),
]


@pytest.mark.parametrize(("targeting", "said"), TARGETINGS)
def test_what_a_test_names_must_be_known_of_the_visit(
    targeting: Targeting, said: dict[str, Any]
) -> None:
    assert is_for(targeting, HERE)
    assert is_for(targeting, KnownVisit(**said))
    assert not is_for(targeting, NOWHERE)
    (name,) = said
    other: Any = {"source": "MAIL"} if name == "utm" else "other"
    assert not is_for(targeting, replace(HERE, **{name: other}))


def test_all_that_a_test_names_must_be_so() -> None:
    both = Targeting(devices=("mobile",), utm={"source": ("mail",), "medium": ("cpc",)})
    assert not is_for(both, HERE)
    assert is_for(both, replace(HERE, utm={"source": "mail", "medium": "cpc"}))


def test_a_test_that_names_nothing_is_for_everybody() -> None:
    assert is_for(Targeting(), NOWHERE)
    assert is_for(Targeting(utm={"source": ()}), NOWHERE)
