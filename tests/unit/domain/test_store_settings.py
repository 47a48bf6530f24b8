"""Settings of stores: what is taken, what is refused with which words, what is stored."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from storepulse.domain.errors import Rejected
from storepulse.domain.store_settings import (
    DEFAULTS,
    StoreSettings,
    change_settings,
    read_settings,
    stored_settings,
)


def test_what_is_named_changes_in_its_normal_form_and_the_rest_stays() -> None:
    changed = change_settings(DEFAULTS, {"time_zone": "europe/berlin", "currency": "eur"})
    assert changed == StoreSettings("Europe/Berlin", "EUR", "full")
    assert change_settings(changed, {"addresses": "none"}).currency == "EUR"
    assert change_settings(changed, {}) == changed
    assert change_settings(changed, dict.fromkeys(asdict(changed))) == DEFAULTS


@pytest.mark.parametrize(
    ("document", "field", "reason"),
    [
        ({"time_zone": "Berlin"}, "settings.time_zone", "IANA"),
        ({"time_zone": "../../etc/passwd"}, "settings.time_zone", "IANA"),
        ({"time_zone": "America"}, "settings.time_zone", "IANA"),
        ({"time_zone": "localtime"}, "settings.time_zone", "IANA"),
        ({"time_zone": ""}, "settings.time_zone", "IANA"),
        ({"time_zone": "x" * 1_000_000}, "settings.time_zone", "IANA"),
        ({"time_zone": 1}, "settings.time_zone", "text or null"),
        ({"currency": "euros"}, "settings.currency", "ISO 4217"),
        ({"currency": "\u0000"}, "settings.currency", "ISO 4217"),
        ({"currency": ["EUR"]}, "settings.currency", "text or null"),
        ({"addresses": "Full"}, "settings.addresses", "full, shortened, none"),
        ({"adresses": "full"}, "settings.adresses", "is not a setting"),
        ({"page_patterns": "/a/*"}, "settings.page_patterns", "list of strings or null"),
        ({"page_patterns": ["/a", 1]}, "settings.page_patterns.1", "must be text"),
        ({"page_patterns": ["/a*"]}, "settings.page_patterns.0", "whole segment"),
        ({"page_patterns": ["/a"] * 51}, "settings.page_patterns", "more than 50"),
        ({"event_names": ["x=bought"]}, "settings.event_names.0", "must be a meaning"),
        ({"event_names": {"x": "search"}}, "settings.event_names", "list of strings or null"),
        ({"abandoned_minutes": 1381}, "settings.abandoned_minutes", "must be 0 to 1380"),
        ({"abandoned_minutes": -1}, "settings.abandoned_minutes", "must be 0 to 1380"),
        ({"abandoned_minutes": 10**400}, "settings.abandoned_minutes", "must be 0 to 1380"),
        ({"abandoned_minutes": "60"}, "settings.abandoned_minutes", "whole number or null"),
        ({"abandoned_minutes": 1.5}, "settings.abandoned_minutes", "whole number or null"),
        ({"abandoned_minutes": True}, "settings.abandoned_minutes", "whole number or null"),
        ({"\ud800": "full"}, "settings.\\ud800", "is not a setting"),
    ],
)
def test_what_is_wrong_is_named(document: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        change_settings(DEFAULTS, document)
    assert refused.value.field == field
    assert reason in refused.value.reason
    assert len(refused.value.field) < 100


def test_what_is_stored_reads_back() -> None:
    chosen = StoreSettings("Asia/Tokyo", "JPY", "shortened", ("/a/*", "/b"), ("x=search",), 0)
    assert change_settings(DEFAULTS, {"page_patterns": ["/a/*", "/b/", "/a/*"]}) == StoreSettings(
        page_patterns=("/a/*", "/b")
    )
    stored = json.dumps(stored_settings(chosen))
    assert "Tokyo" not in stored
    assert read_settings(stored, "Asia/Tokyo") == chosen
    assert read_settings(stored, "Asia/Tokyo") is read_settings(stored, "Asia/Tokyo")
    assert stored_settings(DEFAULTS) == {}


def test_what_another_version_stored_counts_as_the_default() -> None:
    stored = '{"plan": "pro", "addresses": "hashed", "currency": "EUR"}'
    assert read_settings(stored, "UTC") == StoreSettings(currency="EUR")
