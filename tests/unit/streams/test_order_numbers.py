"""What is an order's number, and what clients send in the place of one that they do not know."""

from __future__ import annotations

from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.ingest_records import NOW_MS, Record, record

from storepulse.agents.preparation import prepare
from storepulse.contracts.encoder import encoder_of
from storepulse.contracts.schemas import schema_of
from storepulse.domain.errors import Rejected
from storepulse.exactness.model.orders import number_in
from storepulse.slices.slice import Slice
from storepulse.streams.beacon import Rules, Warned
from storepulse.streams.order_numbers import (
    PLACEHOLDER_TEXT,
    is_order_number,
    take_order_number,
)
from storepulse.streams.registry import STREAMS

NONE = (
    "undefined", "null", "NaN", "none", "[object Object]", "#", "##", "gid://shopify/Order/",
    "gid://shopify/Order/null", "#undefined", "\u200b", "\u200bnull", "0", "#0", "-1", "(null)",
    "n/a", "{}", "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
NUMBERS = (
    "1",
    "#1001",
    "-2",
    "EU-1",
    "undefined1",
    "null-7",
    "10-0",
    "gid://shopify/Order/4",
    "零",
)
LANDED = {"event_type": "Purchase", "landing_page_id": "lp", "session_id": "s"}
BOUGHT = {"activity_type": "purchase", "session_id": "s"}
PAID = {"event": "ORDER_PAID", "campaign_id": "c", "tracking_id": "t"}


def kept(stream: str, beacon: dict[str, Any]) -> tuple[dict[str, Any], list[Warned]]:
    """The values of a beacon by name, and what its sender is told was left out."""
    warned: list[Warned] = []
    source = STREAMS[stream].input
    values = source.own(msgspec.convert(beacon, source.beacon), Rules(warn=warned.append))
    return dict(zip(encoder_of(stream).own_fields, values, strict=True)), warned


@pytest.mark.parametrize("text", NONE)
def test_what_stands_for_no_number_is_none(text: str) -> None:
    assert not is_order_number(text)
    for stream, beacon in (("activity", BOUGHT), ("landing", LANDED), ("campaign", PAID)):
        values, warned = kept(stream, beacon | {"order_id": text})
        assert values["order_id"] is None, stream
        assert [field for field, _ in warned] == ["order_id"], stream


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_is_one(text: str) -> None:
    assert is_order_number(text)
    for stream, beacon in (("activity", BOUGHT), ("landing", LANDED), ("campaign", PAID)):
        values, warned = kept(stream, beacon | {"order_id": text})
        assert (values["order_id"], warned) == (text, []), stream


@pytest.mark.parametrize(
    ("stream", "beacon", "number", "field"),
    [
        ("activity", BOUGHT | {"metadata": {"order_id": "null", "a": 1}}, None,
         "metadata.order_id"),
        ("activity", BOUGHT | {"order_id": "#", "metadata": {"orderId": 7}}, "7", "order_id"),
        ("activity", BOUGHT | {"metadata": {"order_id": "#", "transaction_id": "t7"}}, "t7",
         "metadata.order_id"),
        ("landing", LANDED | {"event_data": {"order_id": "none", "orderId": "8"}}, "8",
         "event_data.order_id"),
        ("landing", LANDED | {"order_id": "null", "event_data": {"order_id": "8"}}, "8",
         "order_id"),
    ],
)  # fmt: skip
def test_a_number_beside_what_is_none_counts(
    stream: str, beacon: dict[str, Any], number: str | None, field: str
) -> None:
    values, warned = kept(stream, beacon)
    assert values["order_id"] == number
    assert [said for said, _ in warned] == [field]


def test_what_is_none_does_not_stay_in_metadata() -> None:
    assert take_order_number("metadata", {"order_id": "undefined", "a": 1}, Rules()) == (
        {"a": 1}, None
    )  # fmt: skip


@pytest.mark.parametrize("text", NONE)
def test_the_shop_must_name_an_order(text: str) -> None:
    told = {"event_type": "paid", "order_id": "7"}
    refund = told | {"event_type": "refunded", "refund_value": 1}
    for beacon, field in (
        (told | {"order_id": text}, "order_id"),
        (refund | {"refund_id": text}, "refund_id"),
    ):
        with pytest.raises(Rejected) as refused:
            kept("order", beacon)
        assert refused.value.field == field
    values, warned = kept("order", told | {"order_name": text})
    assert values["order_name"] is None
    assert [field for field, _ in warned] == ["order_name"]


@given(
    st.lists(
        st.sampled_from(
            (
                *NONE,
                *NUMBERS,
                " ",
                "_",
                "\n",
                "K",
                "\u017f",
                "\u0130",
                "\u0301",
                "²",
                "😀",
                "gid://",
                "-",
            )
        ),
        min_size=1,
        max_size=4,
    ).map("".join)
)
def test_gateway_agents_and_model_agree(text: str) -> None:
    is_one = is_order_number(text)
    assert pl.Series([text]).str.contains(PLACEHOLDER_TEXT).to_list() == [not is_one]
    event = {"stream": "activity", "order_id": text}
    assert number_in(event, "order_id") == (text if is_one else None)


def test_text_of_signs_alone_takes_no_time() -> None:
    assert is_order_number("#" * 100_000 + "x")
    assert not is_order_number("_" * 100_000)


def prepared(stream: str, *records: Record) -> Any:
    piece = Slice(
        "ingest", 0, range(len(records)), [r.key for r in records], [r.value for r in records],
        [[] for _ in records], [NOW_MS] * len(records), 1,
    )  # fmt: skip
    return prepare(piece, schema_of(stream))


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        ("activity", {"activity_type": "purchase"}),
        ("landing", {"event_type": "Purchase"}),
        ("campaign", {"event_type": "ORDER_PAID"}),
    ],
)
def test_agents_leave_out_what_somebody_else_wrote(stream: str, kind: dict[str, Any]) -> None:
    decoded = prepared(
        stream,
        *(record(stream, n, order_id=text, **kind) for n, text in enumerate((*NONE, *NUMBERS))),
    )
    assert decoded.dead_records == []
    assert decoded.frame["order_id"].to_list() == [*[None] * len(NONE), *NUMBERS]


def test_agents_set_aside_an_order_without_a_number() -> None:
    decoded = prepared(
        "order",
        record("order", 0, order_id="undefined"),
        record("order", 1, order_id="7", order_name="null"),
        record("order", 2, event_type="refunded", order_id="7", refund_id="#", refund_value="1"),
    )
    assert [(dead.index, dead.field) for dead in decoded.dead_records] == [
        (0, "order_id"), (2, "refund_id")
    ]  # fmt: skip
    assert decoded.frame["order_name"].to_list() == [None]
