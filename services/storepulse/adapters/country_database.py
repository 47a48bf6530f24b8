"""The country of an address, from an MMDB file such as those of MaxMind, DB-IP and IPinfo."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import maxminddb

from storepulse.domain.clients import country_code
from storepulse.domain.errors import Misconfigured

SETTING = "STOREPULSE_COUNTRY_DATABASE"
_REMEMBERED = 16_384


class CountryDatabase:
    """Looks up countries in a file that stays open. Raises Misconfigured if it is not an MMDB."""

    def __init__(self, path: Path) -> None:
        try:
            self._reader = maxminddb.open_database(path)
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            raise Misconfigured(SETTING, f"{path}: {error}") from None
        self.find = lru_cache(maxsize=_REMEMBERED)(self._find)

    def _find(self, address: str) -> str | None:
        """The country of an address; None if the file has none."""
        try:
            return _country_in(self._reader.get(address))
        except (ValueError, maxminddb.InvalidDatabaseError):
            return None  # no address, IPv6 in a file of IPv4, or a damaged entry


def _country_in(entry: Any) -> str | None:
    if not isinstance(entry, dict):
        return None
    country = entry.get("country")
    code = country.get("iso_code") if isinstance(country, dict) else entry.get("country_code")
    return country_code(code if isinstance(code, str) else str(country or ""))
