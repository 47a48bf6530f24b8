"""A store's settings: names, defaults, and the validation of changes.

A new setting is a field of `StoreSettings` and a line of `_CHECKS`, `_LIST_CHECKS` or
`_NUMBER_CHECKS`; it is then stored, read by all services, shown and documented.

Null resets a setting to its default. Settings that are not named stay. A stored value that this
version does not know counts as the default.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import Any, Literal, get_args

from storepulse.domain.currencies import currency
from storepulse.domain.errors import Rejected
from storepulse.domain.event_meanings import own_names
from storepulse.domain.pages import MOST_PATTERNS, page_pattern
from storepulse.domain.time_zones import UTC_ZONE, time_zone

Addresses = Literal["full", "shortened", "none"]
#: The maximum of `abandoned_minutes`, 23 hours: carts older than a day are not reported.
MOST_ABANDONED_MINUTES = 1380


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """The settings of one store.

    `time_zone`: IANA name of the zone of its days, the last one that was set. `currency`: ISO 4217
    code of the store's own money, if set. `addresses`: how visitors' addresses are stored: in full,
    shortened (IPv4 to /24, IPv6 to /48), or not at all. `page_patterns`: which pages count as one,
    such as `/products/*` (`domain.pages`); the first that matches counts. `event_names`: meanings
    of event names, such as `Added to Bag=add_to_cart` (`domain.event_meanings`).
    `abandoned_minutes`: how long after its last step a cart counts as abandoned; 0 for never.
    """

    time_zone: str = UTC_ZONE
    currency: str | None = None
    addresses: Addresses = "full"
    page_patterns: tuple[str, ...] = ()
    event_names: tuple[str, ...] = ()
    abandoned_minutes: int = 60


DEFAULTS = StoreSettings()


def _addresses(field: str, value: str) -> str:
    if value not in get_args(Addresses):
        raise Rejected(field, f"must be one of {', '.join(get_args(Addresses))}")
    return value


def _page_patterns(field: str, values: list[Any]) -> tuple[str, ...]:
    if len(values) > MOST_PATTERNS:
        raise Rejected(field, f"are more than {MOST_PATTERNS}")
    for index, value in enumerate(values):
        if not isinstance(value, str):
            raise Rejected(f"{field}.{index}", "must be text")
    patterns = (page_pattern(f"{field}.{index}", value) for index, value in enumerate(values))
    return tuple(dict.fromkeys(patterns))


def _abandoned_minutes(field: str, value: int) -> int:
    if not 0 <= value <= MOST_ABANDONED_MINUTES:
        raise Rejected(field, f"must be 0 to {MOST_ABANDONED_MINUTES}")
    return value


#: Checks of settings that are texts, which return the normal form.
_CHECKS: Mapping[str, Callable[[str, str], str]] = {
    "time_zone": time_zone,
    "currency": currency,
    "addresses": _addresses,
}
#: Checks of settings that are lists of texts.
_LIST_CHECKS: Mapping[str, Callable[[str, list[Any]], tuple[str, ...]]] = {
    "page_patterns": _page_patterns,
    "event_names": own_names,
}
#: Checks of settings that are whole numbers.
_NUMBER_CHECKS: Mapping[str, Callable[[str, int], int]] = {
    "abandoned_minutes": _abandoned_minutes,
}
#: The names of settings that are lists of texts, and of those that are whole numbers.
LISTS, NUMBERS = frozenset(_LIST_CHECKS), frozenset(_NUMBER_CHECKS)
#: Settings that are stored separately, with the day from which each value applies.
DATED = frozenset({"time_zone"})


NAMES = tuple(field.name for field in fields(StoreSettings))


def change_settings(
    settings: StoreSettings, document: Mapping[str, Any], inside: str = "settings."
) -> StoreSettings:
    """The settings after a change. Raises Rejected with the field's path, prefixed by `inside`."""
    changes: dict[str, Any] = {}
    for name, value in document.items():
        if name not in NAMES:
            # A name may contain characters that no answer can carry.
            shown = name.encode("utf-8", "backslashreplace").decode()[:64]
            raise Rejected(inside + shown, f"is not a setting; the settings are {', '.join(NAMES)}")
        changes[name] = (
            getattr(DEFAULTS, name) if value is None else _checked(inside + name, name, value)
        )
    return replace(settings, **changes)


def _checked(field: str, name: str, value: Any) -> Any:
    """A value that is not null, in normal form."""
    if name in LISTS:
        if not isinstance(value, list | tuple):
            raise Rejected(field, "must be a list of strings or null")
        return _LIST_CHECKS[name](field, list(value))
    if name in NUMBERS:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Rejected(field, "must be a whole number or null")
        return _NUMBER_CHECKS[name](field, value)
    if not isinstance(value, str):
        raise Rejected(field, "must be text or null")
    return _CHECKS[name](field, value)


def stored_settings(settings: StoreSettings) -> dict[str, Any]:
    """The stored form: settings that differ from their defaults, except dated ones."""
    usual = asdict(DEFAULTS)
    return {
        name: value
        for name, value in asdict(settings).items()
        if name not in DATED and value != usual[name]
    }


@lru_cache(maxsize=4096)
def read_settings(stored: str, zone: str) -> StoreSettings:
    """The settings from stored JSON and the newest time zone.

    Equal ones are the same object, so that many stores need little memory.
    """
    document = json.loads(stored)
    known: dict[str, Any] = {"time_zone": zone}
    for field in fields(StoreSettings):
        if field.name in document and field.name not in DATED:
            try:
                read = change_settings(DEFAULTS, {field.name: document[field.name]})
            except Rejected:
                continue
            known[field.name] = getattr(read, field.name)
    return replace(DEFAULTS, **known)
