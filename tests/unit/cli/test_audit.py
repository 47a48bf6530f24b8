"""How long an audit looks: until all is settled, with and without the tables' rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from storepulse.cli import audit as command
from storepulse.exactness import audit
from storepulse.exactness.snapshot import TableScope

SETTINGS: Any = None
SCOPE = TableScope(None, 1)


def test_an_event_that_comes_before_the_rows_are_read_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = iter([False, True, False, True, True])
    scopes: list[TableScope | None] = []

    def look(_settings: Any, scope: TableScope | None = None) -> Any:
        scopes.append(scope)
        return SimpleNamespace(is_settled=next(seen))

    monkeypatch.setattr(audit, "audit", look)
    monkeypatch.setattr(command, "PAUSE_SECONDS", 0)
    assert command.audit_until_settled(SETTINGS, 60, SCOPE).is_settled
    assert scopes == [None, None, SCOPE, None, SCOPE]


def test_the_rows_are_read_where_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    scopes: list[TableScope | None] = []

    def look(_settings: Any, scope: TableScope | None = None) -> Any:
        scopes.append(scope)
        return SimpleNamespace(is_settled=False)

    monkeypatch.setattr(audit, "audit", look)
    assert not command.audit_until_settled(SETTINGS, 0, SCOPE).is_settled
    assert scopes == [None, SCOPE]
