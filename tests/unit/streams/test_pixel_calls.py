"""Which pixels activity tells of as called, and for which purchase."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from tests.unit.streams.frames import frame, rows

from storepulse.streams.activity import rollup as activity
from storepulse.streams.pixel_calls import calls_of

ID = "0197b2c4-0000-7000-8000-00000000000a"
GOOD = {"event": "purchase", "event_id": "purchase:1001", "pixels": ["meta", "google"]}


def called(*told: dict[str, Any] | str | None, **more: Any) -> list[tuple[Any, ...]]:
    """The rows of tellings, each as (purchase, pixel, is_bot)."""
    base = {"activity_type": "custom", "name": "pixels_called"}
    texts = [said if said is None or isinstance(said, str) else json.dumps(said) for said in told]
    reduction = activity.reduce(
        frame("activity", *(base | {"metadata": text} | more for text in texts)), None
    )
    return sorted(rows(reduction, "pixel_calls", "purchase", "pixel", "is_bot"))


def test_each_pixel_of_a_purchase_is_a_row() -> None:
    assert called(GOOD | {"order_id": "1001"}) == [
        ("purchase:1001", "google", False), ("purchase:1001", "meta", False),
    ]  # fmt: skip
    assert called(GOOD, GOOD, GOOD | {"pixels": ["meta"] * 10_000}) == called(GOOD)


@pytest.mark.parametrize(
    ("said", "purchase"),
    [
        ({}, "purchase:1001"),
        ({"event_id": "purchase:#1001"}, "purchase:1001"),
        ({"order_id": " gid://shopify/Order/7 "}, "purchase:7"),
        ({"order_id": 7}, "purchase:7"),
        ({"order_id": "undefined", "event_id": ID}, ID),
        ({"event_id": ID.upper()}, ID),
        ({"order_id": None, "event_id": "purchase:purchase:1"}, "purchase:purchase:1"),
        ({"order_id": "x" * 255}, "purchase:" + "x" * 255),
    ],
)
def test_a_purchase_is_known_by_the_text_that_every_platform_gets(
    said: dict[str, Any], purchase: str
) -> None:
    assert {row[0] for row in called(GOOD | said)} == {purchase}


@pytest.mark.parametrize(
    "said",
    [
        None, "", "{}", "[]", "no JSON", '{"pixels": ' + "[" * 5_000,
        GOOD | {"event": "page_view"}, GOOD | {"pixels": []}, GOOD | {"pixels": "meta"},
        GOOD | {"pixels": ["tiktok", "META", "constructor", 7, None, ["meta"], {"meta": 1}]},
        GOOD | {"event_id": "undefined"}, GOOD | {"event_id": "purchase:null"},
        GOOD | {"event_id": 7}, GOOD | {"event_id": "purchase:" + "x" * 256},
        GOOD | {"event_id": ID + "0"}, GOOD | {"event_id": "purchase:a\0b"},
        GOOD | {"event_id": None, "order_id": True}, GOOD | {"event_id": None, "order_id": 10**30},
        GOOD | {"event_id": None, "order_id": 1.5}, GOOD | {"event_id": None, "order_id": ["1"]},
    ],
    ids=range(20),
)  # fmt: skip
def test_what_tells_of_no_call_is_left_out(said: dict[str, Any] | str | None) -> None:
    assert calls_of(json.dumps(said) if isinstance(said, dict) else said)[1] == []
    text = said if said is None or isinstance(said, str) else json.dumps(said)
    if text is None or "\\u0000" not in text:
        assert called(text) == []


def test_unknown_pixels_leave_the_known_ones() -> None:
    assert called(GOOD | {"pixels": ["tiktok", "meta", 7]}) == [("purchase:1001", "meta", False)]


def test_a_call_is_a_persons_if_any_telling_is() -> None:
    assert called(GOOD | {"pixels": ["meta"]}, is_bot=True) == [("purchase:1001", "meta", True)]


def test_purchases_without_a_number_are_rows_of_their_own() -> None:
    sold = {"activity_type": "purchase", "value": "9.90", "order_id": None}
    one = frame(
        "activity",
        sold,
        sold | {"order_id": "1001"},
        sold | {"value": None},
        {"activity_type": "custom", "name": "pixels_called",
         "metadata": json.dumps(GOOD | {"event_id": ID})},
    )  # fmt: skip
    told = rows(activity.reduce(one, None), "pixel_calls", "purchase", "pixel", "day")
    (sale,) = [row for row in told if row[1] == ""]
    assert UUID(sale[0]) == UUID(str(one["event_id"][0]))
    assert sale[2] == one["day"][0]
    assert sorted(row for row in told if row[1]) == [(ID, "google", None), (ID, "meta", None)]
