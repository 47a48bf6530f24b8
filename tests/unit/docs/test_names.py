"""Files, settings and metrics that a page or an alert names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.docs.markdown import PAGES, ROOT, is_there, named_paths

from storepulse.adapters.postgres import roles

SETTINGS = (ROOT / "docs" / "reference" / "settings.md").read_text()
METRICS = (ROOT / "docs" / "reference" / "metrics.md").read_text()
ALERTS = sorted((ROOT / "deploy" / "prometheus").glob("alerts-*.yml"))
#: Names in capitals that are no settings of the services.
OTHERS = {"STOREPULSE_HOME"}
#: Names like those of metrics that are none.
#: Parameters of a page's address.
PARAMETERS = {"storepulse_debug", "storepulse_overlay"}
ROLES = {roles.OWNER, *roles.ROLES.values()}


def unknown_settings(text: str) -> set[str]:
    return {
        name
        for name in re.findall(r"\bSTOREPULSE_[A-Z0-9_]+\b", text)
        if f"`{name}`" not in SETTINGS and name not in OTHERS
    }


def unknown_metrics(text: str) -> set[str]:
    names = re.findall(r"(?<!\?)\bstorepulse_[a-z0-9_]+\b", text)  # no parameter of an address
    bare = (re.sub(r"_(bucket|count|sum)$", "", name) for name in names)
    return {name for name in bare if f"`{name}`" not in METRICS and name not in ROLES | PARAMETERS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_exist(page: Path) -> None:
    assert [path for path in named_paths(page.read_text()) if not is_there(path)] == []


@pytest.mark.parametrize("page", [*PAGES, *ALERTS], ids=lambda page: str(page.relative_to(ROOT)))
def test_settings_and_metrics_exist(page: Path) -> None:
    text = page.read_text()
    assert unknown_settings(text) == set()
    assert unknown_metrics(text) == set()


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("adapters/metrics.py", True),
        ("adapters/metric.py", False),
        ("services/storepulse/{gateway,agents}", True),
        ("services/storepulse/{gateway,agent}", False),
        ("deploy/prometheus/alerts-*.yml", True),
        ("deploy/prometheus/alarms-*.yml", False),
        ("topics.toml", True),
        ("topic.toml", False),
        ("tests/", True),
    ],
)
def test_a_file_that_is_missing_is_seen(path: str, there: bool) -> None:
    assert named_paths(f"See `{path}`.") == [path]
    assert is_there(path) is there


def test_a_name_that_is_missing_is_seen() -> None:
    assert unknown_settings("`STOREPULSE_AGENT_SLOT`, `STOREPULSE_AGENT_SLOTS`") == {
        "STOREPULSE_AGENT_SLOTS"
    }
    assert unknown_metrics("`storepulse_slices_total`, `storepulse_slice_total`") == {
        "storepulse_slice_total"
    }
    assert unknown_metrics("rate(storepulse_slice_seconds_bucket[5m])") == set()
