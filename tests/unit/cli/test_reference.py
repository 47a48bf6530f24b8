"""The generated reference pages are those of this code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from storepulse.cli.reference import pages

FOLDER = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize("name", ["settings.md", "topics.md", "metrics.md", "webhooks.schema.json"])
def test_a_page_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == pages()[name], (
        "run: python -m storepulse.cli.reference docs/reference"
    )


def test_every_metric_is_documented() -> None:
    from storepulse.adapters import metrics

    source = Path(metrics.__file__).read_text("utf-8")
    declared = re.findall(r"\.(?:\w*histogram|counter|gauge)\(\s*\"(\w+)\"", source)
    assert len(declared) > 40
    page = pages()["metrics.md"]
    assert [name for name in declared if f"| `storepulse_{name}` |" not in page] == []
