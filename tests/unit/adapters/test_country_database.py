"""Countries of addresses, from MMDB files of several makers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from storepulse.adapters.country_database import CountryDatabase
from storepulse.domain.errors import Misconfigured


def database(folder: Path, entries: dict[str, Any], version: int = 6) -> Path:
    writer = MMDBWriter(version, ipv4_compatible=version == 6)
    for network, entry in entries.items():
        writer.insert_network(IPSet([network]), entry)
    path = folder / "countries.mmdb"
    writer.to_db_file(str(path))
    return path


def test_the_country_of_an_address(tmp_path: Path) -> None:
    entries = {
        "203.0.113.0/24": {"country": {"iso_code": "DE"}, "city": {}},
        "198.51.100.0/24": {"country_code": "fr", "country": "France"},
        "192.0.2.0/24": {"country": "SE"},
        "198.18.0.0/15": {"country": {}, "continent": {"code": "EU"}},
        "2001:db8::/32": {"country": {"iso_code": "XX"}},
        "2a00::/16": {"country": {"iso_code": "IT"}},
    }
    found = CountryDatabase(database(tmp_path, entries)).find
    asked = (
        "203.0.113.7", "198.51.100.1", "192.0.2.1", "198.18.0.1", "2001:db8::1", "2a00::1",
        "8.8.8.8",
    )  # fmt: skip
    assert [found(ip) for ip in asked] == ["DE", "FR", "SE", None, None, "IT", None]


def test_ipv6_in_a_file_of_ipv4_and_no_address(tmp_path: Path) -> None:
    entries = {"203.0.113.0/24": {"country": {"iso_code": "DE"}}}
    found = CountryDatabase(database(tmp_path, entries, 4)).find
    assert [found(ip) for ip in ("203.0.113.7", "2a00::1", "nonsense")] == ["DE", None, None]


def test_a_file_that_is_none_stops_the_start(tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.mmdb"
    spoilt.write_bytes(b"no MMDB")
    for path in (spoilt, tmp_path / "missing.mmdb"):
        with pytest.raises(Misconfigured, match="COUNTRY_DATABASE"):
            CountryDatabase(path)
