"""What the words of one slice say of each number of an order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.ingest_records import NOW_MS
from tests.unit.streams.frames import HOUR, frame, rows

from storepulse.streams.order import rollup

TODAY = datetime.fromtimestamp(NOW_MS / 1000, UTC).date()


@pytest.mark.parametrize("turned", [False, True])
def test_a_number_that_is_told_of_and_is_a_name_has_the_day_of_what_is_told(turned: bool) -> None:
    """A refund under the name of an order that the same slice tells by its own number."""
    told: list[dict[str, Any]] = [
        {"event_type": "paid", "order_id": "450", "order_name": "#1001", "value": "9"},
        {"event_type": "refunded", "order_id": "1001", "refund_id": "r", "refund_value": "1",
         "occurred_at": NOW_MS + HOUR},
    ]  # fmt: skip
    result = rollup.reduce(frame("order", *(told[::-1] if turned else told)), None)
    found = rows(result, "order_tellings", "number", "named_order", "day")
    assert found == [("1001", "450", TODAY), ("450", "450", TODAY)]
