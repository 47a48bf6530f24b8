"""Whoever waits in vain is told what for; a wait that always ended well would prove nothing."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tests.support.waiting import wait_until, wait_until_async


def test_the_first_true_answer_is_given() -> None:
    answers = iter([0, None, "", 7, 8])
    assert wait_until(lambda: next(answers)) == 7


def test_who_waits_in_vain_is_told_what_for() -> None:
    with pytest.raises(AssertionError, match="a bus"):
        wait_until(lambda: False, "a bus", seconds=0.01)
    with pytest.raises(AssertionError, match="2 of 3"):
        wait_until(lambda: 0, lambda: f"{1 + 1} of 3", seconds=0.01)


def test_an_error_is_no_answer_where_it_is_ignored() -> None:
    answers = iter(["", "1"])
    assert wait_until(lambda: int(next(answers)), ignoring=ValueError) == 1
    with pytest.raises(ValueError, match="invalid literal"):
        wait_until(lambda: int("x"), seconds=0.01, ignoring=ValueError)
    with pytest.raises(ValueError, match="invalid literal"):
        wait_until(lambda: int("x"))


async def test_the_event_loop_runs_while_it_is_waited() -> None:
    done: list[int] = []
    asyncio.get_running_loop().call_later(0.02, done.append, 7)
    assert await wait_until_async(lambda: done[:1], "seven", seconds=5) == [7]
    with pytest.raises(AssertionError, match="a bus"):
        await wait_until_async(lambda: False, "a bus", seconds=0.01)


async def test_what_blocks_is_asked_in_a_thread() -> None:
    threads: list[threading.Thread] = []
    for in_thread in (False, True):
        await wait_until_async(
            lambda: threads.append(threading.current_thread()) or True, in_thread=in_thread
        )
    assert threads[0] is threading.main_thread()
    assert threads[1] is not threads[0]
