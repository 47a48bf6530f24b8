"""Calls that never raise: what goes wrong in one is counted, told and logged once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast


class Queues(Protocol):
    """Whoever has calls that never raise."""

    def _queue_event(
        self, stream: str, fields: dict[str, Any], given: dict[str, Any]
    ) -> str | None:
        """Queues an event; its id, or None where it is lost."""

    def count_bad_call(self, name: str, error: Exception) -> None:
        """Counts a call that came to nothing."""


Call = TypeVar("Call", bound=Callable[..., str | None])


def never_raises(method: Call) -> Call:
    """The method, which gives None where it would have raised an Exception."""

    @functools.wraps(method)
    def call(self: Queues, /, *args: Any, **kwargs: Any) -> str | None:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the caller sells shirts
            self.count_bad_call(method.__name__, error)
            return None

    return cast("Call", call)
