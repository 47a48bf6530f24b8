"""The reason of a gap: the reader's, or this service's."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from storepulse.query.live.feed import Feed
from storepulse.query.live.hub import LiveHub
from storepulse.query.live.window import LiveFilter, LiveWindow


async def may_read() -> bool:
    return True


@pytest.mark.parametrize("reason", ["slow", "away"])
def test_a_gap_that_this_service_made_is_not_the_readers(reason: str) -> None:
    window = LiveWindow()
    hub = cast("LiveHub", SimpleNamespace(epoch="0a1b2c3d", window=window))
    feed = Feed(hub, LiveFilter(), None, may_read)
    assert feed._changes(reason) == []
    window.note_cut()
    assert [gap_of(message) for message in feed._changes(reason)] == [
        {"missed": None, "reason": "behind"}
    ]
    assert feed._changes(reason) == []


def gap_of(message: bytes) -> Any:
    lines = dict(line.split(": ", 1) for line in message.decode().splitlines() if line)
    assert lines["event"] == "gap"
    return json.loads(lines["data"])
