"""A store's settings: which there are, their defaults, and how a change of them is checked.

A new setting is a field of `StoreSettings` and a line of `_CHECKS`; it is then stored, read by all
services, shown and documented. Rules: null puts a setting back to its default; what is not named
stays; a stored value that this version does not know counts as the default.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import Any, Literal, get_args

from storepulse.domain.currencies import currency
from storepulse.domain.errors import Rejected
from storepulse.domain.time_zones import UTC_ZONE, time_zone

Addresses = Literal["full", "shortened", "none"]


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """The settings of one store.

    `time_zone`: IANA name of the zone of its days, the newest that was chosen. `currency`: ISO 4217
    code of the store's own money, if stated. `addresses`: how its visitors' addresses are kept:
    in full, shortened (IPv4 to /24, IPv6 to /48), or not at all.
    """

    time_zone: str = UTC_ZONE
    currency: str | None = None
    addresses: Addresses = "full"


DEFAULTS = StoreSettings()


def _addresses(field: str, value: str) -> str:
    if value not in get_args(Addresses):
        raise Rejected(field, f"wants one of {', '.join(get_args(Addresses))}")
    return value


#: What is taken for each setting: a text, which the check returns in its normal form.
_CHECKS: Mapping[str, Callable[[str, str], str]] = {
    "time_zone": time_zone,
    "currency": currency,
    "addresses": _addresses,
}
#: Stored beside the settings, with the day from which each holds.
DATED = frozenset({"time_zone"})


def change_settings(
    settings: StoreSettings, document: Mapping[str, Any], inside: str = "settings."
) -> StoreSettings:
    """The settings after a change. Raises Rejected with the path of the field, behind `inside`."""
    changes: dict[str, Any] = {}
    for name, value in document.items():
        check = _CHECKS.get(name)
        if check is None:
            # A name may hold what no answer can carry.
            shown = name.encode("utf-8", "backslashreplace").decode()[:64]
            raise Rejected(inside + shown, f"is no setting; there are {', '.join(_CHECKS)}")
        if value is None:
            changes[name] = getattr(DEFAULTS, name)
        elif isinstance(value, str):
            changes[name] = check(inside + name, value)
        else:
            raise Rejected(inside + name, "wants text or null")
    return replace(settings, **changes)


def stored_settings(settings: StoreSettings) -> dict[str, Any]:
    """What is stored: each setting that differs from its default, but those that have dates."""
    usual = asdict(DEFAULTS)
    return {
        name: value
        for name, value in asdict(settings).items()
        if name not in DATED and value != usual[name]
    }


@lru_cache(maxsize=4096)
def read_settings(stored: str, zone: str) -> StoreSettings:
    """The settings of stored JSON and the newest time zone. Equal ones are one object, so that
    many stores take little memory."""
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
