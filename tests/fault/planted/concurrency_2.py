"""Two actors an agent, each writing for itself: slices of one partition overtake each other.

With the check for holes off, which otherwise makes the process leave and come back in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from storepulse import cli
from storepulse.adapters.faust_slices import SliceApp
from storepulse.agents import application, worker
from storepulse.agents.pipeline import Pipeline
from storepulse.agents.stream_writer import StreamWriter
from storepulse.agents.transaction import SliceTransaction

_make_pipeline = Pipeline.__init__
_make_writer = StreamWriter.__init__
_agent_of = SliceApp.agent


def remember_pipeline(self: Any, *arguments: Any) -> None:
    self.arguments = arguments
    _make_pipeline(self, *arguments)


def remember_writer(self: Any, *arguments: Any) -> None:
    self.arguments = arguments
    _make_writer(self, *arguments)


def agent(pipeline: Pipeline) -> Callable[[Any], Any]:
    """Each actor gets a pipeline and a connection of its own."""

    async def actor(stream: Any) -> None:
        settings, name, writer, *rest = pipeline.arguments  # type: ignore[attr-defined]
        own = Pipeline(settings, name, StreamWriter(*writer.arguments), *rest)
        await own.run(stream)

    return actor


def two(self: Any, *arguments: Any, **options: Any) -> Any:
    return _agent_of(self, *arguments, **{**options, "concurrency": 2})


def no_check(self: Any, *_: Any) -> None:
    """Nothing is ever missing."""


if __name__ == "__main__":
    Pipeline.__init__ = remember_pipeline  # type: ignore[method-assign]
    StreamWriter.__init__ = remember_writer  # type: ignore[method-assign]
    application._agent = agent
    SliceApp.agent = two  # type: ignore[method-assign]
    SliceTransaction._account_for_gaps = no_check  # type: ignore[method-assign]
    assert worker
    cli.main()
