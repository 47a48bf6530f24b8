"""Exposures of answers: stored once, waited for briefly, and remembered within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from bench.stored_experiments import definition_of

from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.serving import ServedTest
from storepulse.gateway.call import Call
from storepulse.gateway.experiments.exposing import Exposer, KnownExposures, ShownVariant
from storepulse.gateway.experiments.parameters import Asker
from storepulse.gateway.exposures import Exposure, Tell

STORE, TEST = "11111111-1111-4111-8111-111111111111", "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506"
CALL = Call([], {}, "127.0.0.1", "r-1", "127.0.0.1")
BUTTON = ServedTest(TEST, STORE, "Button", "running", 0, 3, definition_of(), None)


class Storage:
    """Takes exposures; their fate is decided later."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.taken: list[tuple[list[Exposure], Tell]] = []
        self._fault = fault

    def publish(self, exposures: Sequence[Exposure], _call: Call, tell: Tell) -> None:
        if self._fault is not None:
            raise self._fault
        self.taken.append((list(exposures), tell))


def exposer(storage: Storage, wait_seconds: float = 5.0) -> Exposer:
    return Exposer(storage.publish, wait_seconds)


def seen(
    unit: str = "v:a", variant: int = 1, session_id: str = "s-1"
) -> tuple[ServedTest, ShownVariant]:
    return BUTTON, ShownVariant(TEST, 3, variant, unit, session_id)


async def test_an_exposure_is_told_when_it_is_stored_and_then_known() -> None:
    storage, told = Storage(), list[bool]()
    exposing = exposer(storage)
    exposing.expose(CALL, Asker("a", "s-1"), [seen()], told.append)
    assert told == []
    ((exposures, tell),) = storage.taken
    assert exposures == [Exposure(STORE, TEST, 3, "blue", "a", "s-1")]
    tell(True)
    exposing.expose(CALL, Asker("a", "s-1"), [seen()], told.append)
    assert (told, len(storage.taken)) == ([True, True], 1)


async def test_each_session_of_a_visitor_tells_whose_it_is() -> None:
    storage, told = Storage(), list[bool]()
    exposing = exposer(storage)
    for session_id in ("s-1", "s-2"):
        asker = Asker("a", session_id)
        exposing.expose(CALL, asker, [seen(session_id=session_id)], told.append)
        storage.taken[-1][1](True)
    assert [e.session_id for exposures, _ in storage.taken for e in exposures] == ["s-1", "s-2"]


async def test_what_was_not_stored_is_sent_again() -> None:
    storage, told = Storage(), list[bool]()
    exposing = exposer(storage)
    for outcome in (False, True):
        exposing.expose(CALL, Asker("a", ""), [seen()], told.append)
        storage.taken[-1][1](outcome)
    assert (told, len(storage.taken)) == ([False, True], 2)
    assert storage.taken[0][0][0].session_id is None


async def test_an_answer_waits_for_a_moment_only() -> None:
    storage, told = Storage(), list[bool]()
    exposing = exposer(storage, wait_seconds=0.02)
    exposing.expose(CALL, Asker("a", ""), [seen()], told.append)
    await asyncio.sleep(0.1)
    assert told == [False]
    storage.taken[0][1](True)
    assert told == [False], "an answer was told twice"
    exposing.expose(CALL, Asker("a", ""), [seen()], told.append)
    assert (told, len(storage.taken)) == ([False, True], 1)


async def test_only_what_is_not_known_is_sent() -> None:
    storage, told = Storage(), list[bool]()
    exposing = exposer(storage)
    exposing.expose(CALL, Asker("a", ""), [seen()], told.append)
    storage.taken[0][1](True)
    exposing.expose(CALL, Asker("a", ""), [seen(), seen(variant=0)], told.append)
    assert [one.variant_id for one in storage.taken[1][0]] == ["control"]


async def test_ids_that_no_event_may_have_cost_the_exposure_alone() -> None:
    told = list[bool]()
    exposer(Storage(Rejected("visitor_id", "is odd"))).expose(
        CALL, Asker("a", ""), [seen()], told.append
    )
    assert told == [False]


@pytest.mark.parametrize(("later", "is_known"), [(0.0, True), (59.9, True), (60.0, False)])
def test_what_is_stored_is_remembered_for_its_time(later: float, is_known: bool) -> None:
    known, shown = KnownExposures(10, 60.0), seen()[1]
    assert not known.knows(shown, 5.0)
    known.add(shown, 5.0)
    assert known.knows(shown, 5.0 + later) is is_known


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    known = KnownExposures(3, 60.0)
    units: list[Any] = [ShownVariant(TEST, 1, 0, f"v:{number}") for number in range(4)]
    for unit in units[:3]:
        known.add(unit, 0.0)
    known.add(units[0], 1.0)
    known.add(units[3], 2.0)
    assert [known.knows(unit, 2.0) for unit in units] == [True, False, True, True]
