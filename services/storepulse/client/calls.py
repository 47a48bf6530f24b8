"""Calls that never raise: errors are counted, reported and logged once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast


class Queues(Protocol):
    """An object with calls that never raise."""

    def _queue_event(
        self, stream: str, fields: dict[str, Any], given: dict[str, Any]
    ) -> str | None:
        """Queue an event; return its id, or None if it is lost."""

    def count_bad_call(self, name: str, error: Exception) -> None:
        """Count a failed call."""


Call = TypeVar("Call", bound=Callable[..., str | None])


def never_raises(method: Call) -> Call:
    """Wrap a method so that it returns None instead of raising an Exception."""

    @functools.wraps(method)
    def call(self: Queues, /, *args: Any, **kwargs: Any) -> str | None:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the caller sells shirts
            self.count_bad_call(method.__name__, error)
            return None

    return cast("Call", call)
