"""What running services export: each what it owns, and together all that alerts ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

import pytest
from tests.support.scrapes import ROOT, Scrape, alerts, assert_firing, metrics_named_in, scrape
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters import metrics

pytestmark = pytest.mark.xdist_group("operators")
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))


@pytest.fixture(scope="module")
def scrapes(module_world: World) -> Iterator[dict[str, Scrape]]:
    with ExitStack() as stack:
        services = [Service(name, module_world.settings) for name in get_args(metrics.Process)]
        for service in services:
            stack.callback(service.stop)
            service.start()
        for service in services:
            service.wait_ready()

        def answers() -> dict[str, Scrape] | None:
            found = {service.name: scrape(service.name, service.url) for service in services}
            servers = ("storepulse_kafka_up", "storepulse_database_up")
            is_known = all(one.value(name) == 1 for one in found.values() for name in servers)
            return found if is_known else None

        yield wait_until(answers, "every service knows its servers", seconds=30)


@pytest.mark.parametrize("process", get_args(metrics.Process))
def test_a_process_exports_what_it_owns_and_nothing_else(
    scrapes: dict[str, Scrape], process: str
) -> None:
    owned = {name for name, owners in metrics.OWNERS.items() if process in owners}
    assert scrapes[process].families == owned


def test_alerts_and_dashboards_ask_for_what_is_exported(scrapes: dict[str, Scrape]) -> None:
    exported = set[str]().union(*(one.families for one in scrapes.values()))
    asked = {name: metrics_named_in(expression) for name, expression in alerts().items()}
    asked |= {page.name: metrics_named_in(page.read_text()) for page in DASHBOARDS}
    assert len(asked) > len(DASHBOARDS) + 20
    assert {name: some - exported for name, some in asked.items() if some - exported} == {}


def test_no_alert_fires_while_all_is_well(scrapes: dict[str, Scrape], tmp_path: Path) -> None:
    assert_firing(scrapes.values(), set(), tmp_path)
