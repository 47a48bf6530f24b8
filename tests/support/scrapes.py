"""Prometheus as far as tests need it: scrapes of running services, judged by the real alerts."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "deploy" / "prometheus").glob("alerts-*.yml"))
#: Longer than any alert waits.
EVALUATED_AT = "2h"


@dataclass(frozen=True)
class Scrape:
    """What one target said; nothing where it did not answer."""

    job: str
    families: frozenset[str]
    samples: Mapping[tuple[str, tuple[tuple[str, str], ...]], float]

    def value(self, name: str, **labels: str) -> float | None:
        return self.samples.get((name, tuple(sorted(labels.items()))))


def scrape(job: str, url: str) -> Scrape:
    """Asks a service for its metrics."""
    try:
        text = httpx.get(f"{url}/metrics", timeout=5).text
    except httpx.HTTPError:
        return Scrape(job, frozenset(), {("up", ()): 0.0})
    families = [
        family
        for family in text_string_to_metric_families(text)
        if not family.name.endswith("_created")
    ]
    samples = {
        (s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples
    }
    return Scrape(job, frozenset(f.name for f in families), samples | {("up", ()): 1.0})


def alerts() -> dict[str, str]:
    """Every alert's expression by its name."""
    return {
        rule["alert"]: rule["expr"]
        for file in RULES
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    }


def metrics_named_in(text: str) -> set[str]:
    """Families that an expression asks for."""
    names = set(re.findall(r"\bstorepulse_[a-z0-9_]+", text))
    return {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in names}


def assert_firing(scrapes: Collection[Scrape], expected: set[str], folder: Path) -> None:
    """Fails unless exactly these alerts fire where what was scraped stays as it is."""
    series = [
        {
            "series": _series_of(one.job, name, labels),
            "values": f"{value}x500",
        }
        for one in scrapes
        for (name, labels), value in one.samples.items()
        if not math.isnan(value)
    ]
    judged = [
        {
            "expr": f'(count(ALERTS{{alertname="{name}",alertstate="firing"}}) > bool 0)'
            " or vector(0)",
            "eval_time": EVALUATED_AT,
            "exp_samples": [{"labels": "{}", "value": int(name in expected)}],
        }
        for name in alerts()
    ]
    document: dict[str, Any] = {
        "rule_files": [str(file) for file in RULES],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": series, "promql_expr_test": judged}],
    }
    file = folder / "scraped.test.yml"
    file.write_text(yaml.safe_dump(document))
    done = subprocess.run(
        [promtool(), "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def promtool() -> str:
    """The program, taken where `make check` takes it."""
    found = shutil.which("promtool") or ROOT / ".venv" / "bin" / "promtool"
    if not Path(found).exists():
        subprocess.run(
            ["bash", str(ROOT / "deploy" / "promtool.sh"), str(ROOT / ".venv")],
            check=True, capture_output=True,
        )  # fmt: skip
    return str(found)


def _series_of(job: str, name: str, labels: tuple[tuple[str, str], ...]) -> str:
    shown = {"job": job, "instance": job, **dict(labels)}
    return f"{name}{{{', '.join(f'{k}={json.dumps(v)}' for k, v in shown.items())}}}"
