"""Every link of every page leads somewhere, and so does every runbook that an alert names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.docs.markdown import PAGES, ROOT, anchors, broken_links, resolves

README = ROOT / "README.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    assert broken_links(page, page.read_text()) == []


def test_alerts_name_runbooks_that_exist() -> None:
    named = [
        target
        for file in sorted((ROOT / "deploy" / "prometheus").glob("alerts-*.yml"))
        for target in re.findall(r"runbook: (\S+)", file.read_text())
    ]
    assert named
    assert [target for target in named if not resolves(README, "", target)] == []


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text())
        if not target.startswith("http")
    }
    ways_in = {README, ROOT / "CHANGELOG.md", *(ROOT / "docs" / "decisions").glob("*.md")}
    assert sorted(set(PAGES) - linked - ways_in) == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("[a](CONTRIBUTING.md)", []),
        ("[a](nowhere.md)", ["nowhere.md"]),
        ("# Two words\n[a](#two-words)", []),
        ("# Two words\n[a](#two-word)", ["#two-word"]),
        ("[a](docs/operations.md#keys)", []),
        ("[a](docs/operations.md#kees)", ["docs/operations.md#kees"]),
        ("![a](docs/images/none.png)", ["docs/images/none.png"]),
        ('<img src="docs/images/none.png">', ["docs/images/none.png"]),
        ("[a](../elsewhere.md)", ["../elsewhere.md"]),
        ("[`a[0]`](nowhere.md)", ["nowhere.md"]),
        ("[a](https://example.com/nowhere)", []),
        ("```\n[a](nowhere.md)\n```", []),
        ("`[a](nowhere.md)`", []),
    ],
)
def test_a_broken_link_is_seen(text: str, broken: list[str]) -> None:
    assert broken_links(README, text) == broken


def test_anchors_are_those_of_github() -> None:
    text = "# A `code` title, with: signs\n## Twice\n## Twice\n```\n# none\n```\n## [Linked](x)"
    assert anchors(text) == {"a-code-title-with-signs", "twice", "twice-1", "linked"}
