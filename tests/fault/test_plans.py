"""What a plan refuses is kept and sent again, and a limit that is told twice, or never, is seen."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from tests.fault import load
from tests.fault.load import Load, Post
from tests.fault.outcomes import Journal, Sent, read
from tests.fault.plans import METER, REACHED_METER, check_limits, is_reachable

STORE = "6f1f3c1e-8c9b-4d3a-9a52-3c1f6a1b2c3d"
CLIENT = httpx.Client


def reached(level: str = "hard") -> dict[str, Any]:
    said = {"meter": METER, "period": "2026-11-01", "level": level, "limit": "100"}
    return {"stream": "usage", "meter": REACHED_METER, "metadata": json.dumps(said)}


def test_a_limit_is_told_once() -> None:
    told = {(STORE, "e-1"): (reached(), None), (STORE, "e-2"): (reached("soft"), None)}
    assert [*check_limits(told, limited=3)] == []
    assert [*check_limits({}, limited=0)] == []
    (silent,) = check_limits({}, limited=3)
    assert "no limit was told" in silent
    (twice,) = check_limits({**told, (STORE, "e-3"): (reached(), None)}, limited=3)
    assert "told 2 times" in twice


@pytest.mark.parametrize(("refusals", "seconds"), [(2, 10.0), (10**6, 0.3)])
def test_what_was_refused_is_sent_until_it_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: int, seconds: float
) -> None:
    left = [refusals]

    def answer(_: httpx.Request) -> httpx.Response:
        left[0] -= 1
        if left[0] >= 0:
            return httpx.Response(402, json={"code": "PLAN_LIMIT"})
        return httpx.Response(202, json={"accepted": 1, "rejected": []})

    monkeypatch.setattr(
        load.httpx, "Client", lambda **_: CLIENT(transport=httpx.MockTransport(answer))
    )
    journal = Journal(tmp_path / "journal")
    clients = Load(["http://gateway"], journal, 1, 1.0)
    sent = [Sent(STORE, "e-1", "usage", good=True)]
    post = Post("/api/usage", b"{}", sent, lambda _: {})
    with load.httpx.Client() as client:
        clients._deliver(client, post, Random(1))
    assert clients.limited == 1
    clients.send_kept(seconds)
    journal.close()
    is_taken = refusals == 2
    assert bool(clients.unexpected) is not is_taken
    assert read(journal.path)[STORE, "e-1"].letter == ("A" if is_taken else "R")


def test_the_load_uses_nothing_in_the_first_hours_of_a_month() -> None:
    assert not is_reachable(datetime(2026, 12, 1, 2, 59, tzinfo=UTC))
    assert is_reachable(datetime(2026, 12, 1, 3, tzinfo=UTC))
