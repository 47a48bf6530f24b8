"""What names mean: spellings, languages, a store's own table."""

from __future__ import annotations

import unicodedata
from typing import get_args

import pytest

from storepulse.domain.errors import Rejected
from storepulse.domain.event_meanings import (
    KNOWN_NAMES,
    MEANINGS,
    folded_name,
    meaning_of,
    normal_name,
    own_names,
    table_of,
)
from storepulse.streams.activity.beacon import ActivityType

IN_JAPANESE = "注文が完了しました"


def test_a_known_name_has_one_meaning_and_is_a_type_of_activity() -> None:
    folded = [folded_name(name) for names in KNOWN_NAMES.values() for name in names]
    assert len({*folded}) == len({(folded_name(n), m) for m, ns in KNOWN_NAMES.items() for n in ns})
    activity = {meaning for meaning in MEANINGS if not meaning.startswith("order_")}
    assert activity == set(get_args(ActivityType))


@pytest.mark.parametrize(
    "name", ["Product Viewed", "product viewed", "PRODUCT_VIEWED", "productViewed", " view-item "]
)
def test_spellings_are_one(name: str) -> None:
    assert meaning_of(name, {}) == "product_view"


def test_names_in_any_script_stay_apart() -> None:
    assert meaning_of(IN_JAPANESE, {}) == "custom"
    assert folded_name(IN_JAPANESE) != folded_name("注文")
    assert folded_name("___") != folded_name("---")
    decomposed = unicodedata.normalize("NFD", "ガイド")
    assert decomposed != "ガイド"
    assert normal_name(f" {decomposed}\n") == "ガイド"


def test_a_stores_own_names_stand_above_the_known_ones() -> None:
    stored = own_names(
        "settings.event_names",
        [
            f"{IN_JAPANESE}=purchase", "Added to Bag=search", "a=b = search ",
            "added_to_bag=add_to_cart", "Product Viewed=custom",
        ],
    )  # fmt: skip
    assert stored == (
        f"{IN_JAPANESE}=purchase", "a=b=search", "added_to_bag=add_to_cart",
        "Product Viewed=custom",
    )  # fmt: skip
    table = table_of(stored)
    assert meaning_of(IN_JAPANESE, table) == "purchase"
    assert meaning_of("addedToBag", table) == "add_to_cart"
    assert meaning_of("A=B", table) == "search"
    assert meaning_of("Product Viewed", table) == "custom"
    assert meaning_of("Product Added", table) == "add_to_cart"
    assert own_names("x", list(stored)) == stored


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        (["purchase"], "names.0", "NAME=MEANING"),
        (["x=purchase", "=purchase"], "names.1", "NAME=MEANING"),
        ([f"{'x' * 256}=purchase"], "names.0", "255"),
        (["x\0y=purchase"], "names.0", "NAME=MEANING"),
        (["x=bought"], "names.0", "page_view, product_view"),
        ([7], "names.0", "must be text"),
        (["x=search"] * 501, "names", "more than 500"),
    ],
)
def test_a_wrong_table_is_named(values: list[object], field: str, reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        own_names("names", list(values))
    assert refused.value.field == field
    assert reason in refused.value.reason
