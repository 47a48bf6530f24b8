"""An API that fails, is slow, or refuses, for a page that is open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route
from tests.console.watching import Watch

#: What the query service answers when PostgreSQL is away.
_AWAY = {
    "status": "error", "error": "Service Unavailable", "message": "Database service unavailable",
    "code": "DATABASE_UNAVAILABLE",
}  # fmt: skip


@contextmanager
def failing(watch: Watch, path: str, status: int = 503) -> Iterator[None]:
    """Every read of a path, with whatever parameters, fails while the block runs."""
    pattern = _pattern(path)

    def refuse(route: Route) -> None:
        headers = {"content-type": "application/json", "x-request-id": "failed-on-purpose"}
        route.fulfill(status=status, headers=headers, body=json.dumps(_AWAY))

    watch.expected.add(status)
    watch.page.route(pattern, refuse)
    try:
        yield
    finally:
        watch.page.unroute(pattern, refuse)


class Held:
    """Reads that wait until they are let go."""

    def __init__(self) -> None:
        self._waiting: list[Route] = []
        self._is_open = False

    def take(self, route: Route) -> None:
        """Keeps a read."""
        if self._is_open:
            route.continue_()
        else:
            self._waiting.append(route)

    def let_go(self) -> None:
        """Answers all of them, and those to come."""
        self._is_open = True
        while self._waiting:
            self._waiting.pop().continue_()


@contextmanager
def slow(page: Page, path: str) -> Iterator[Held]:
    """Reads of a path get no answer until `let_go` is called, at the latest at the block's end."""
    held, pattern = Held(), _pattern(path)
    page.route(pattern, held.take)
    try:
        yield held
    finally:
        held.let_go()
        page.unroute(pattern, held.take)


def _pattern(path: str) -> str:
    return f"**{path}*"
