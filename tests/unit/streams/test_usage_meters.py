"""What is a meter: the same to the gateway, to the agents' screen and to plans."""

from __future__ import annotations

import polars as pl
import pytest

from storepulse.domain.errors import Rejected
from storepulse.domain.plans import check_meter
from storepulse.streams.usage.screen import suspicions


@pytest.mark.parametrize(
    ("meter", "is_one"),
    [("a", True), ("a.b", True), ("...", True), (".", False), ("..", False), ("a b", False)],
)
def test_a_place_of_an_address_is_no_meter(meter: str, is_one: bool) -> None:
    columns = ("order_id", "name", "customer_id", "email_hash", "items", "view_id")
    frame = pl.DataFrame(
        {"meter": [meter], "quantity": [1], **{name: [None] for name in columns}},
        schema_overrides=dict.fromkeys(columns, pl.String),
    )
    assert frame.select(pl.any_horizontal(suspicions())).item() is not is_one
    try:
        assert check_meter("meter", meter) == meter
    except Rejected:
        assert not is_one
