"""The tables of docs/segment.md against the code."""

from __future__ import annotations

import re
from pathlib import Path

from storepulse.domain.event_meanings import KNOWN_NAMES, MEANINGS
from storepulse.gateway.segment.calls import BODY_BYTES, PATHS
from storepulse.gateway.segment.messages import MESSAGE_TYPES

PAGE = (Path(__file__).parents[3] / "docs" / "segment.md").read_text("utf-8")


def test_the_table_of_names_is_the_codes() -> None:
    section = PAGE.partition("## Names of events")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+`) \| `(\w+)` \|$", section, re.MULTILINE)
    assert {meaning: tuple(re.findall("`([^`]+)`", names)) for names, meaning in rows} == dict(
        KNOWN_NAMES
    )
    assert {meaning for _, meaning in rows} == {*MEANINGS} - {"custom"}


def test_every_path_and_type_stands_there() -> None:
    for path in PATHS:
        assert f"`{path}`" in PAGE, path
    for kind in MESSAGE_TYPES:
        assert f"`{kind}`" in PAGE, kind
    assert f"{BODY_BYTES:,} bytes" in PAGE
