"""docs/beacons.md names each path that takes beacons and each field that a beacon may have."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner
from tests.unit.docs.markdown import ROOT, code_spans

from storepulse.cli import root
from storepulse.gateway.segment.calls import PATHS

PAGE = ROOT / "docs" / "beacons.md"


def document() -> dict[str, Any]:
    result = CliRunner().invoke(root, ["openapi", "gateway"])
    assert result.exit_code == 0
    loaded: dict[str, Any] = json.loads(result.stdout)
    return loaded


def words(text: str) -> set[str]:
    """Words of the page's inline code."""
    return {word.strip("`,") for span in code_spans(text) for word in span.split()}


def fields() -> set[str]:
    """Fields of the beacons of all streams."""
    schemas = document()["components"]["schemas"]
    beacons = [schema for name, schema in schemas.items() if name.endswith("Beacon")]
    assert len(beacons) >= 4
    return {field for schema in beacons for field in schema["properties"]}


def missing(text: str) -> set[str]:
    paths = {path for path, methods in document()["paths"].items() if "post" in methods}
    # Segment's have a page of their own.
    return ((paths - PATHS.keys()) | fields()) - words(text)


def test_each_path_and_field_is_named() -> None:
    assert missing(PAGE.read_text()) == set()


def test_a_missing_one_is_seen() -> None:
    text = PAGE.read_text()
    assert missing(text.replace("`scroll_depth`", "")) == {"scroll_depth"}
    assert missing(text.replace("`/collect`", "")) == {"/collect"}
