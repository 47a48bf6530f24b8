"""The gateway asks a key for the same scope as the query service behind it."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute

from storepulse.gateway.proxy import scope_of
from storepulse.query import activity, carts, dead_letters, delivery, destinations
from storepulse.query.app_state import _administrator, _operator, _reader

MODULES = (activity, carts, dead_letters, delivery, destinations)
SCOPES = {_reader: "read", _operator: "ops", _administrator: "admin"}


def routes() -> list[tuple[str, str, str]]:
    """(method, path, scope) of every guarded path of the query service."""
    found = []
    for module in MODULES:
        for route in module.router.routes:
            assert isinstance(route, APIRoute)
            calls = [dependency.call for dependency in route.dependant.dependencies]
            (scope,) = [SCOPES[call] for call in calls if call in SCOPES]
            found += [(method, route.path, scope) for method in sorted(route.methods)]
    return found


@pytest.mark.parametrize(("method", "path", "scope"), routes())
def test_the_scopes_agree(method: str, path: str, scope: str) -> None:
    assert scope_of(path, read=method in ("GET", "HEAD")) == scope
