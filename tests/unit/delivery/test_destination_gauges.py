"""What the gauges of destinations show: those that there are, and no breaker of a paused one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Literal

import pytest
from prometheus_client import Gauge
from tests.support.delivered_events import NOW
from tests.support.waiting import wait_until_async

from storepulse.adapters import metrics
from storepulse.delivery import senders as module
from storepulse.delivery.breakers import Breakers
from storepulse.delivery.queue import Backlog
from storepulse.delivery.senders import Senders
from storepulse.destinations.rules.breaker import Breaker
from storepulse.destinations.rules.model import Destination
from storepulse.domain.health import ADVICE, DISABLED_DESTINATION, Advice, health_of

GAUGES = (
    metrics.DELIVERY_BREAKER,
    metrics.DELIVERY_DISABLED,
    metrics.DELIVERY_ACCOUNT_FAULT,
    metrics.DELIVERY_PENDING,
    metrics.DELIVERY_QUEUE_AGE,
)


class Queue:
    """Every destination has three events that wait, and an open breaker with a fault."""

    ids: Sequence[str] = ()

    async def breakers(self) -> dict[str, Breaker]:
        return {one: Breaker("open", account_fault="the key has ended") for one in self.ids}

    async def backlogs(self, ids: Sequence[str]) -> dict[str, Backlog]:
        self.ids = ids
        return {one: Backlog(3, NOW - timedelta(seconds=60)) for one in ids}


def shown(gauge: Gauge) -> dict[str, float]:
    return {s.labels["destination"]: s.value for one in gauge.collect() for s in one.samples}


async def test_what_is_gone_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RELOAD_SECONDS", 0.01)
    monkeypatch.setattr(module, "REPORT_SECONDS", 0.0)
    declared = [
        Destination("1", "crm", "of a test"),
        Destination("2", "ga", "of a test", status="disabled"),
        Destination("3", "ads", "of a test", status="paused"),
    ]

    async def load() -> list[Destination]:
        return declared

    means = SimpleNamespace(queue=Queue(), breakers=Breakers(), kinds={}, clock=lambda: NOW)
    senders = Senders(means, load)  # type: ignore[arg-type]
    running = asyncio.create_task(senders.run())
    try:
        opened = {"crm": 1.0, "ga": 0.0, "ads": 0.0}
        await wait_until_async(lambda: shown(metrics.DELIVERY_BREAKER) == opened, seconds=5)
        assert shown(metrics.DELIVERY_DISABLED) == {"crm": 0, "ga": 1, "ads": 0}
        assert shown(metrics.DELIVERY_PENDING) == {"crm": 3, "ga": 3, "ads": 3}
        # One is renamed, the others are removed.
        declared = [Destination("1", "crm-2", "of a test")]
        await wait_until_async(
            lambda: all(shown(one).keys() == {"crm-2"} for one in GAUGES), seconds=5
        )
        declared = []
        await wait_until_async(lambda: not any(map(shown, GAUGES)), seconds=5)
    finally:
        senders.stop()
        await running


@pytest.mark.parametrize(
    ("state", "status", "advice"),
    [
        ("open", "active", ADVICE["destinations"]),
        ("closed", "disabled", DISABLED_DESTINATION),
    ],
)
def test_what_to_do_is_told_by_what_is_wrong(
    state: Literal["open", "closed"], status: Literal["active", "disabled"], advice: Advice
) -> None:
    breakers = Breakers()
    breakers.learn({"1": Breaker(state)})
    senders = Senders(SimpleNamespace(breakers=breakers), None)  # type: ignore[arg-type]
    senders.destinations = {"1": Destination("1", "crm", "of a test", status=status)}
    check = senders.check()
    assert not check.is_ok
    document = health_of("delivery", [check]).as_dict()["checks"]["destinations"]
    assert (document["remedy"], document["runbook"]) == (advice.remedy, advice.runbook)
    # What waits has not failed: a list of failed deliveries is empty.
    assert "storepulse destinations show NAME" in advice.remedy
