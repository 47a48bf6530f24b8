"""Usage beacons: how much of a meter a store used, and when.

A quantity is never below 0. A quantity that was too high stays; a meter whose last value counts is
corrected by its next event.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, ClassVar

import msgspec

from storepulse.domain.currencies import ABSURD, amount
from storepulse.domain.envelope import Timestamp
from storepulse.domain.errors import Rejected
from storepulse.domain.plans import METER_TEXT, OWN_METERS, check_meter
from storepulse.streams.beacon import (
    Beacon,
    FreeObject,
    Input,
    Record,
    Rules,
    free_object,
    object_of,
)

_SHOWN_METER = msgspec.Meta(
    extra_json_schema={"pattern": rf"^(?!\.{{1,2}}$){METER_TEXT}$"}, description="What is measured"
)
_SHOWN_QUANTITY = msgspec.Meta(
    extra_json_schema={"format": "decimal"},
    description="How much: text has at most four decimals, a number is rounded to four",
)


class UsageBeacon(Beacon, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One event. `at` is another name of `timestamp`."""

    #: Usage belongs to the store, not to a visit.
    session_id: ClassVar[None] = None

    meter: Annotated[str, _SHOWN_METER]
    quantity: float | Annotated[str, _SHOWN_QUANTITY]
    at: Timestamp | None = None
    metadata: FreeObject = None

    def __post_init__(self) -> None:
        if self.at is None:
            return
        if self.timestamp is not None:
            raise ValueError("at and timestamp say the same: only one is taken")
        self.timestamp = self.at


def own(beacon: UsageBeacon, rules: Rules) -> tuple[Any, ...]:
    """Return the stream's own values in schema order.

    Raises Rejected for an invalid meter or one of our own, an invalid quantity, and bad metadata.
    """
    check_meter("meter", beacon.meter)
    if beacon.meter in OWN_METERS and not rules.takes_own_meters:
        raise Rejected("meter", "is counted by Storepulse itself")
    return (
        beacon.meter,
        _quantity_of(beacon.quantity),
        free_object("metadata", beacon.metadata),
    )


def _quantity_of(stated: float | str) -> Decimal:
    """Return the quantity. Raises Rejected if it is invalid, below 0, or 10^12 or more."""
    try:
        value = amount("quantity", stated)
    except Rejected as rejected:
        if not rejected.reason.startswith("is not a price"):
            raise
        raise Rejected("quantity", f"is {ABSURD:,} or more") from None
    if value < 0:
        raise Rejected("quantity", "is below 0")
    return value


def beacon_of(record: Record) -> dict[str, Any]:
    """Return the beacon of a record."""
    return {
        "visitor_id": record["visitor_id"],
        "meter": record["meter"],
        "quantity": f"{record['quantity']:f}",
        "metadata": object_of("metadata", record["metadata"]),
    }


def sample(kind: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """Return a realistic beacon; `kind` is the only one."""
    del kind
    stated = {name: value for name, value in envelope.items() if name != "session_id"}
    return stated | {"meter": "sms_sent", "quantity": 12, "metadata": {"country": "DE"}}


INPUT = Input(
    beacon=UsageBeacon,
    own=own,
    beacon_of=beacon_of,
    free_form=("metadata",),
)
