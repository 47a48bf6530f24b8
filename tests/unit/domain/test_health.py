"""How a service is, from what was checked; the page for operators has the same table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from storepulse.domain import health
from storepulse.domain.health import ADVICE, EFFECTS, Check, CheckName, Service, health_of

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "operations.md").read_text()
ALERTS = {
    rule["alert"]: rule["annotations"]["runbook"]
    for file in (ROOT / "deploy" / "prometheus").glob("alerts-*.yml")
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
}


@pytest.mark.parametrize(
    ("service", "failed", "status"),
    [
        ("gateway", (), "ready"),
        ("gateway", ("kafka",), "degraded"),
        ("gateway", ("spool",), "degraded"),
        ("gateway", ("kafka", "spool"), "unready"),
        ("gateway", ("kafka", "start"), "starting"),
        ("gateway", ("database", "disk"), "degraded"),
        ("gateway", ("keys",), "unready"),
        ("agents", ("kafka", "partitions"), "unready"),
        ("agents", ("start", "partitions"), "halted"),
        ("delivery", ("destinations",), "degraded"),
        ("query", ("kafka",), "degraded"),
        ("query", ("database", "kafka"), "unready"),
    ],
)
def test_the_worst_check_decides(
    service: Service, failed: tuple[CheckName, ...], status: health.Status
) -> None:
    names: tuple[CheckName, ...] = ("kafka", *failed)
    checks = [Check(name, f"{name} is ill" if name in failed else "") for name in names]
    found = health_of(service, checks)
    assert found.status == status
    assert found.http_status == (200 if status in ("ready", "degraded") else 503)
    assert all(f"{name} is ill" in found.detail for name in failed)


def test_the_document_says_what_to_do() -> None:
    document = health_of("agents", [Check("kafka"), Check("database", "it is away")]).as_dict()
    assert document == {
        "status": "unready",
        "detail": "it is away",
        "checks": {
            "kafka": {"ok": True, "detail": ""},
            "database": {
                "ok": False,
                "detail": "it is away",
                "remedy": ADVICE["database"].remedy,
                "runbook": ADVICE["database"].runbook,
            },
        },
    }


def test_the_page_has_the_table() -> None:
    section = PAGE.partition("\n## Health\n")[2].partition("\n## ")[0]
    rows = re.findall(
        r"^\| `([a-z]+)`: [^|]+\|([^|]+)\|([^|]+)\|([^|]+)\|([^|]+)\|(.+)\|$", section, re.MULTILINE
    )
    told = {
        name: {
            service: word.strip()
            for service, word in zip(get_args(Service), words, strict=True)
            if word.strip() != "-"
        }
        for name, *words, _ in rows
    }
    assert told == EFFECTS
    linked = {name: re.findall(r"\[(\w+)\]\((\S+)\)", cells[-1])[0] for name, *cells in rows}
    for name, (alert, page) in linked.items():
        assert f"docs/{page}" == ALERTS[alert], name
    for name, *cells in rows:
        assert f"({ADVICE[name].runbook.removeprefix('docs/')})" in cells[-1], name


def test_every_check_has_advice_and_a_page() -> None:
    assert set(ADVICE) == set(EFFECTS) == set(get_args(CheckName))
    for advice in (*ADVICE.values(), health.DISABLED_DESTINATION, health.DOWN):
        assert (ROOT / advice.runbook).is_file()


def test_a_disk_is_full_below_64_mib() -> None:
    assert health.disk_detail("home", health.LEAST_FREE_BYTES) == ""
    assert health.disk_detail("home", 5 * 2**20) == "the disk of home is full: 5 MiB are free"
