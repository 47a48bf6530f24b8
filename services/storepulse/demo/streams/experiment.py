"""Experiment: visitors who see a variant, and their metrics and conversions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from storepulse.demo.beacons import PATHS
from storepulse.demo.part import Mistake, Part
from storepulse.demo.visit import Visit, money_as_sent, text_of
from storepulse.domain.experiments.exposures import exposure_id, unit_of

_CONVERSION, _METRIC = "/api/ab-testing/conversion/", "/api/ab-testing/metric/"
_VARIANTS = ("control", "blue", "green")
_METRICS = ("margin", "scroll:depth", "time_on_page")


def take_part(visit: Visit) -> None:
    """A visitor sees a variant and perhaps converts, with metrics before and after."""
    rng = visit.rng
    # Each visit has a new test, so that a returning visitor does not repeat an exposure.
    test_id = str(UUID(int=rng.getrandbits(128), version=4))
    variant = rng.choice(_VARIANTS)
    expose(visit, test_id, variant)
    for _ in range(rng.randrange(3)):
        _measure(visit, test_id, variant)
    if rng.random() < 0.4:
        _convert(visit, test_id, variant)
        if rng.random() < 0.5:
            _measure(visit, test_id, variant)


def expose(visit: Visit, test_id: str, variant: str, phase: int | None = None) -> None:
    """Sends the beacon of an exposure; without `phase`, in a random one."""
    rng, person = visit.rng, visit.person
    visit.now += rng.randrange(200, 3_000)
    phase = rng.randrange(1, 4) if phase is None else phase
    unit = unit_of(person.visitor_id, visit.session_id)
    event_id = exposure_id(visit.shop.store_id, test_id, phase, unit, variant)
    # The gateway derives the id from the other fields, so none is sent.
    sent = visit.envelope(None) | {
        "event_type": "exposure" if rng.random() < 0.3 else "Exposure",
        "test_id": test_id,
        "phase": phase,
        "variant_id": variant,
    }
    told = {"phase": phase, "variant_id": variant}
    event = _event(visit, "Exposure", event_id, test_id, told)
    visit.add(PATHS["experiment"], [visit.entry("experiment", "Exposure", sent, event)])


def _measure(visit: Visit, test_id: str, variant: str) -> None:
    rng = visit.rng
    value = round(rng.gauss(5, 20), 2) if rng.random() < 0.9 else None
    told = {"metric": rng.choice(_METRICS), "value": value}
    _tell(visit, "Metric", test_id, {"variant_id": variant} | told)


def _convert(visit: Visit, test_id: str, variant: str) -> None:
    rng = visit.rng
    told: dict[str, Any] = {"variant_id": variant}
    if rng.random() < 0.7:
        price = rng.choice(visit.shop.products).price
        told |= {"value": money_as_sent(rng, price), "currency": visit.shop.currency}
        told["order_id"] = f"x-{rng.getrandbits(40):x}"
    _tell(visit, "Conversion", test_id, told)


def _tell(visit: Visit, kind: str, test_id: str, told: dict[str, Any]) -> None:
    """Add the request, either to the path that names the test or to the path of all events."""
    rng = visit.rng
    visit.now += rng.randrange(1_000, 120_000)
    event_id = visit.new_id()
    stated = {name: what for name, what in told.items() if what is not None}
    sent = visit.envelope(event_id) | stated
    path = (_CONVERSION if kind == "Conversion" else _METRIC) + test_id
    if rng.random() < 0.3:
        path = PATHS["experiment"]
        sent |= {"event_type": kind, "test_id": test_id}
    event = _event(visit, kind, event_id, test_id, told)
    visit.add(path, [visit.entry("experiment", kind, sent, event)])


def _event(
    visit: Visit, kind: str, event_id: str, test_id: str, told: dict[str, Any]
) -> dict[str, Any]:
    names = ("phase", "variant_id", "metric", "currency", "order_id")
    own = {name: told.get(name) for name in names} | {"value": text_of(told.get("value"))}
    return visit.event("experiment", event_id, event_type=kind, test_id=test_id, **own)


_WHOLE = {
    "event_type": "Metric",
    "test_id": "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506",
    "metric": "margin",
    "value": 1,
}


def _mistake(field: str, value: Any) -> Mistake:
    """A mistake in an otherwise valid metric."""
    also = {name: what for name, what in _WHOLE.items() if name != field}
    return Mistake("experiment", field, value, also=also)


MISTAKES = (
    _mistake("test_id", ...),
    _mistake("test_id", "checkout"),
    _mistake("event_type", ...),
    _mistake("event_type", "Click"),
    _mistake("variant_id", "a b"),
    _mistake("variant_id", "v" * 65),
    _mistake("metric", ...),
    _mistake("metric", "a b"),
    _mistake("phase", 0),
    _mistake("value", "1.23456"),
    _mistake("value", "a lot"),
    _mistake("currency", "ZZZ"),
    _mistake("color", "red"),
)

PART = Part(
    mistakes=MISTAKES,
    conflict={"value": "77777"},
    story=take_part,
    share=6,
)
