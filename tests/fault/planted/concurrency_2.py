"""Two actors an agent, each writing for itself: slices of one partition overtake each other.

With the check for holes off, which otherwise makes the process leave and come back in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from storepulse import cli
from storepulse.slices import application, ledger, worker
from storepulse.slices.driver.faust_app import SliceApp
from storepulse.slices.pipeline import Pipeline

_make_pipeline = worker._make_pipeline
_agent_of = SliceApp.agent


def remember(*arguments: Any) -> Pipeline[Any]:
    pipeline = _make_pipeline(*arguments)
    pipeline.arguments = arguments  # type: ignore[attr-defined]
    return pipeline


def agent(pipeline: Pipeline[Any]) -> Callable[[Any], Any]:
    """Each actor gets a pipeline and a connection of its own."""

    async def actor(stream: Any) -> None:
        await _make_pipeline(*pipeline.arguments).run(stream)  # type: ignore[attr-defined]

    return actor


def two(self: Any, *arguments: Any, **options: Any) -> Any:
    return _agent_of(self, *arguments, **{**options, "concurrency": 2})


def no_check(*_: Any) -> None:
    """Nothing is ever missing."""


if __name__ == "__main__":
    worker._make_pipeline = remember
    application._make_agent = agent
    SliceApp.agent = two  # type: ignore[method-assign]
    ledger._account_for_gaps = no_check
    cli.main()
