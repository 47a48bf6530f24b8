"""Work that is done again and again: until it is told to stop, over a database that is away."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from tests.support.waiting import wait_until_async

from storepulse.adapters import repeating
from storepulse.adapters.repeating import repeat
from storepulse.domain.errors import Transient

#: Longer than any test lasts.
NEVER = 3_600.0


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def warning(self, event: str, *, reason: str) -> None:
        self.lines.append((event, reason))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    made = Log()
    monkeypatch.setattr(repeating, "log", made)
    return made


async def test_work_is_done_at_once_and_again_until_the_stop(log: Log) -> None:
    stop, done = asyncio.Event(), list[int]()
    running = asyncio.create_task(repeat(lambda: done.append(1), 0.001, stop, "not done"))
    await wait_until_async(lambda: len(done) >= 3)
    stop.set()
    await asyncio.wait_for(running, 60)
    count = len(done)
    await asyncio.sleep(0.01)
    assert (len(done), log.lines) == (count, [])


async def test_a_stop_ends_the_wait_at_once() -> None:
    stop, done = asyncio.Event(), list[int]()
    running = asyncio.create_task(repeat(lambda: done.append(1), NEVER, stop, "not done"))
    await wait_until_async(lambda: len(done) == 1)
    stop.set()
    await asyncio.wait_for(running, 60)
    assert done == [1]


async def test_what_was_done_before_is_not_done_at_once() -> None:
    stop, done = asyncio.Event(), list[int]()
    work = repeat(lambda: done.append(1), NEVER, stop, "not done", at_once=False)
    running = asyncio.create_task(work)
    await asyncio.sleep(0.05)
    assert done == []
    stop.set()
    await asyncio.wait_for(running, 60)
    assert done == []


@pytest.mark.parametrize("error", [psycopg.OperationalError("gone\n"), Transient("gone")])
async def test_a_database_that_is_away_is_told_of_and_waited_for(
    log: Log, error: Exception
) -> None:
    stop, tries = asyncio.Event(), list[int]()

    def work() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise error

    running = asyncio.create_task(repeat(work, 0.001, stop, "not done"))
    await wait_until_async(lambda: len(tries) >= 4)
    stop.set()
    await asyncio.wait_for(running, 60)
    assert log.lines == [("not done", "gone")] * 2


async def test_any_other_error_is_raised(log: Log) -> None:
    def work() -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        await asyncio.wait_for(repeat(work, 0.001, asyncio.Event(), "not done"), 60)
    assert log.lines == []
