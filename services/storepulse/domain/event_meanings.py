"""Meanings of event names: those of Segment's ecommerce spec, versions 2 and 1, of GA4, and those
that a store adds.

Names are compared without case, spaces, `_`, `-` and `.`: `Product Viewed`, `product_viewed` and
`productViewed` are the same. A store's names take precedence and may give a known name the meaning
`custom`. Unknown names are custom events.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, get_args

from storepulse.domain.errors import Rejected
from storepulse.domain.event_names import NAME_CHARACTERS

Meaning = Literal[
    "page_view",
    "product_view",
    "add_to_cart",
    "remove_from_cart",
    "checkout_start",
    "purchase",
    "search",
    "order_updated",
    "order_refunded",
    "order_cancelled",
    "custom",
]
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)

#: By meaning, in the specs' spelling.
KNOWN_NAMES: Mapping[Meaning, tuple[str, ...]] = {
    "page_view": ("page_view", "screen_view"),
    "product_view": ("Product Viewed", "Viewed Product", "view_item"),
    "add_to_cart": ("Product Added", "Added Product", "add_to_cart"),
    "remove_from_cart": ("Product Removed", "Removed Product", "remove_from_cart"),
    "checkout_start": ("Checkout Started", "Started Checkout", "begin_checkout"),
    "purchase": ("Order Completed", "Completed Order", "purchase"),
    "search": ("Products Searched", "Searched Products", "search", "view_search_results"),
    "order_updated": ("Order Updated", "Updated Order"),
    "order_refunded": ("Order Refunded", "Refunded Order", "refund"),
    "order_cancelled": ("Order Cancelled", "Order Canceled", "Cancelled Order"),
}
#: The maximum of names that a store may add.
MOST_NAMES = 500

_SEPARATORS = str.maketrans("", "", " _-.")


def normal_name(name: str) -> str:
    """The stored form of a name: without surrounding white space, composed (Unicode NFC), so that
    two encodings of one text are the same name."""
    return unicodedata.normalize("NFC", name).strip()


def folded_name(name: str) -> str:
    """The form in which names are compared."""
    normal = normal_name(name)
    return normal.casefold().translate(_SEPARATORS) or normal


_KNOWN: Mapping[str, Meaning] = {
    folded_name(name): meaning for meaning, names in KNOWN_NAMES.items() for name in names
}


def meaning_of(name: str, own: Mapping[str, Meaning]) -> Meaning:
    """The meaning of a name; `own` is the store's table, by folded name."""
    folded = folded_name(name)
    return own.get(folded) or _KNOWN.get(folded, "custom")


@lru_cache(maxsize=4096)
def table_of(assigned: tuple[str, ...]) -> Mapping[str, Meaning]:
    """A store's table, by folded name, from the setting that `own_names` made."""
    pairs = (text.rpartition("=") for text in assigned)
    return MappingProxyType({folded_name(name): _meaning(text) for name, _, text in pairs})


def own_names(field: str, values: list[Any]) -> tuple[str, ...]:
    """A store's names in normal form, each `NAME=MEANING`; of equal names the last counts.

    Raises Rejected with the path of an invalid one.
    """
    if len(values) > MOST_NAMES:
        raise Rejected(field, f"are more than {MOST_NAMES}")
    named: dict[str, str] = {}
    for index, value in enumerate(values):
        place = f"{field}.{index}"
        if not isinstance(value, str):
            raise Rejected(place, "must be text")
        name, _, meaning = value.rpartition("=")
        name, meaning = normal_name(name), meaning.strip()
        if not name or len(name) > NAME_CHARACTERS or not name.isprintable():
            raise Rejected(
                place, f"must be NAME=MEANING, the name with at most {NAME_CHARACTERS} characters"
            )
        if meaning not in MEANINGS:
            raise Rejected(place, f"must be a meaning of {', '.join(MEANINGS)}")
        named.pop(folded_name(name), None)
        named[folded_name(name)] = f"{name}={meaning}"
    return tuple(named.values())


def _meaning(text: str) -> Meaning:
    return next(meaning for meaning in MEANINGS if meaning == text)
