"""Figures that are remembered: for how long, and computed how often."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from storepulse.domain.errors import Transient
from storepulse.query.delivery_stats import LONGEST_AGE, DeliveryCount, DeliveryStats

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Counting:
    """A count that waits until it is let go, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON
        self.started = 0
        self.has_begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.fault: Exception | None = None
        self.stats = DeliveryStats(self._count, lambda: self.now)

    async def _count(self) -> Sequence[DeliveryCount]:
        self.started += 1
        number = self.started
        self.has_begun.set()
        await self.may_end.wait()
        if self.fault is not None:
            raise self.fault
        return [
            DeliveryCount(
                UUID(int=1), "crm", UUID(int=2), pending=number, sent=0, failed=0, skipped=0
            )
        ]


async def test_figures_are_kept_for_an_hour() -> None:
    counting = Counting()
    counting.may_end.set()
    first = await counting.stats.figures()
    counting.now = NOON + LONGEST_AGE - timedelta(seconds=1)
    assert await counting.stats.figures() is first
    counting.now = NOON + LONGEST_AGE
    second = await counting.stats.figures()
    assert (first.as_of, second.as_of) == (NOON, NOON + LONGEST_AGE)
    assert counting.started == 2


async def test_a_refresh_counts_at_once() -> None:
    counting = Counting()
    counting.may_end.set()
    await counting.stats.figures()
    counting.now += timedelta(seconds=1)
    assert (await counting.stats.figures(refresh=True)).as_of == counting.now
    assert counting.started == 2


async def test_all_who_ask_at_once_share_one_count() -> None:
    counting = Counting()
    waiting = [
        asyncio.create_task(counting.stats.figures(refresh=refresh))
        for refresh in (False, True, True, False)
    ]
    await counting.has_begun.wait()
    waiting[1].cancel()
    await asyncio.sleep(0)
    counting.may_end.set()
    shared = await asyncio.gather(waiting[0], *waiting[2:])
    assert counting.started == 1
    assert len({id(figures) for figures in shared}) == 1


async def test_a_failure_is_not_remembered() -> None:
    counting = Counting()
    counting.may_end.set()
    kept = await counting.stats.figures()
    counting.fault = Transient("too slow")
    with pytest.raises(Transient):
        await counting.stats.figures(refresh=True)
    assert await counting.stats.figures() is kept
    counting.fault = None
    assert (await counting.stats.figures(refresh=True)).counts[0].pending == 3
