"""Experiment beacons: exposures, conversions and metrics.

An exposure reports that a visitor was shown a variant. Its id is derived from exactly its fields,
and it has no others, so copies of one event are equal. A conversion or a metric may name any test:
the visitor's exposure decides whether it counts, not its `variant_id`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

import msgspec

from storepulse.domain.currencies import ABSURD, amount, currency
from storepulse.domain.errors import REQUIRED, Rejected
from storepulse.domain.experiments.exposures import exposure_id, unit_of
from storepulse.domain.experiments.names import (
    ID_CHARACTERS,
    ID_TEXT,
    METRIC_CHARACTERS,
    METRIC_TEXT,
    is_id,
    is_metric,
)
from storepulse.domain.identity import canonical_uuid
from storepulse.streams.beacon import (
    Amount,
    Beacon,
    FreeObject,
    Input,
    NumberedId,
    Record,
    Rules,
    SessionText,
    UuidText,
    free_object,
    object_of,
    trimmed_id,
)
from storepulse.streams.order_numbers import order_number

EventType = Literal["Exposure", "Conversion", "Metric"]
EXPOSURE = "Exposure"


def _shown_as(**schema: str) -> msgspec.Meta:
    return msgspec.Meta(extra_json_schema=dict(schema))


def _says(description: str) -> msgspec.Meta:
    return msgspec.Meta(description=description)


class ExperimentBeacon(Beacon, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One event. A session or a visitor is required. A test or type that the path names may be
    omitted. An exposure has a phase and a variant, and no value, metric, order or metadata."""

    event_type: EventType | None = None
    session_id: SessionText | None = None
    test_id: Annotated[UuidText | None, _says("The test; the path may say it instead")] = None
    phase: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    variant_id: Annotated[
        Annotated[str, _shown_as(pattern=f"^{ID_TEXT}$")] | None,
        _says("The variant of the test that the visitor was shown"),
    ] = None
    metric: Annotated[str, _shown_as(pattern=f"^{METRIC_TEXT}$")] | None = None
    value: Amount = None
    currency: str | None = None
    order_id: NumberedId = None
    metadata: FreeObject = None


def own(beacon: ExperimentBeacon, rules: Rules) -> tuple[Any, ...]:
    """Return the stream's own values in schema order.

    Raises Rejected for an event without session and visitor, for an invalid test, variant, metric
    or amount, and for fields that do not belong to its type.
    """
    kind = beacon.event_type
    for name, stated in (("event_type", kind), ("test_id", beacon.test_id)):
        if stated is None:
            raise Rejected(name, REQUIRED)
    unit_of(beacon.visitor_id, beacon.session_id)
    test_id = canonical_uuid("test_id", beacon.test_id or "")
    variant = beacon.variant_id or None
    if variant is not None and is_id(variant) is None:
        raise Rejected("variant_id", f"must be 1 to {ID_CHARACTERS} letters, digits, - or _")
    if kind == EXPOSURE:
        return (kind, test_id, *_exposure_values(beacon, variant, rules))
    metric = beacon.metric or None
    if metric is None and kind == "Metric":
        raise Rejected("metric", REQUIRED)
    if metric is not None and is_metric(metric) is None:
        raise Rejected("metric", f"must be 1 to {METRIC_CHARACTERS} letters, digits or _ . : -")
    return (
        kind,
        test_id,
        beacon.phase,
        variant,
        metric,
        _value_of(beacon.value),
        currency("currency", beacon.currency) if beacon.currency else None,
        None if beacon.order_id is None else order_number("order_id", beacon.order_id, rules),
        free_object("metadata", beacon.metadata) if beacon.metadata else None,
    )


def _exposure_values(
    beacon: ExperimentBeacon, variant: str | None, rules: Rules
) -> tuple[Any, ...]:
    """Return an exposure's values besides type and test. Raises Rejected if it is invalid."""
    for name, stated in (("phase", beacon.phase), ("variant_id", variant)):
        if stated is None:
            raise Rejected(name, "is needed of an exposure")
    for name in ("metric", "value", "currency"):
        if getattr(beacon, name) not in (None, ""):
            raise Rejected(name, "belongs to conversions and metrics")
    if trimmed_id(beacon.order_id) is not None:
        raise Rejected("order_id", "belongs to conversions and metrics")
    if beacon.metadata:
        rules.warn(("metadata", "is not kept of an exposure"))
    return (beacon.phase, variant, None, None, None, None, None)


def _value_of(stated: float | str | None) -> Decimal | None:
    """Return the amount, or None if there is none. Raises Rejected if it is invalid or 10^12 or
    more."""
    if stated is None or stated == "":
        return None
    try:
        return amount("value", stated)
    except Rejected as rejected:
        if not rejected.reason.startswith("is not a price"):
            raise
        raise Rejected("value", f"is {ABSURD:,} or more, or {-ABSURD:,} or less") from None


def derived_id(store_id: str, beacon: Any) -> str | None:
    """Return the derived id of an exposure, which overrides the sender's; None for other events.

    `store_id` is in its canonical form. `own` has validated the beacon.
    """
    if beacon.event_type != EXPOSURE:
        return None
    unit, test_id = unit_of(beacon.visitor_id, beacon.session_id), beacon.test_id.lower()
    return exposure_id(store_id, test_id, beacon.phase, unit, beacon.variant_id)


def beacon_of(record: Record) -> dict[str, Any]:
    """Return the beacon of a record."""
    names = (
        "session_id", "visitor_id", "event_type", "test_id", "phase", "variant_id", "metric",
        "currency", "order_id",
    )  # fmt: skip
    value = record["value"]
    return {name: record[name] for name in names} | {
        "value": None if value is None else f"{value:f}",
        "metadata": object_of("metadata", record["metadata"]),
    }


def sample(kind: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """Return a realistic beacon of a type."""
    body = envelope | {
        "event_type": kind,
        "test_id": "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506",
        "variant_id": "blue",
    }
    if kind == EXPOSURE:
        return body | {"phase": 1}
    if kind == "Metric":
        return body | {"metric": "margin", "value": "12.50", "currency": "EUR"}
    return body | {"value": "49.90", "currency": "EUR", "order_id": "1001"}


INPUT = Input(
    beacon=ExperimentBeacon,
    own=own,
    beacon_of=beacon_of,
    free_form=("metadata",),
    type_field="event_type",
    types=get_args(EventType),
)
