"""Memory over a run: the most at a time, and growth from its first fifth to its last."""

from __future__ import annotations

import os

import pytest
from bench.memory import Memory, growth


def test_growth_compares_the_last_fifth_with_the_first() -> None:
    assert growth([100.0] * 2 + [900.0] * 6 + [150.0] * 2) == 1.5
    assert growth([100.0, 100.0]) == 1.0


def test_the_most_of_each_and_of_all_at_a_time() -> None:
    memory = Memory({})
    memory.samples = [{"a": 10.0, "b": 5.0}, {"a": 4.0, "b": 8.0}]
    figures = memory.figures()
    assert (figures["rss_a"], figures["rss_b"], figures["rss_all"]) == (10.0, 8.0, 15.0)


def test_a_process_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.memory.SAMPLE_SECONDS", 0.0)
    memory = Memory({"us": os.getpid(), "not ours": None})
    memory.stopped.wait = lambda _seconds: len(memory.samples) == 2  # type: ignore[method-assign,assignment,misc]
    memory.run()
    figures = memory.figures()
    assert figures["rss_us"] == figures["rss_all"] > 1
    assert Memory({}).figures() == {}
