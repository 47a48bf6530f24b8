"""However much waits, a process has a fixed number of events in hand."""

from __future__ import annotations

import asyncio

import pytest
from tests.integration.delivery.line import Line
from tests.support.receiver import Receiver, Reply

from storepulse.delivery import sender

OF_ONE, OF_ALL = 60, 100
IN_HAND = (
    "SELECT coalesce(sum(events), 0)::int FROM delivery_batches"
    " WHERE status = 'pending' AND claimed_by IS NOT NULL"
)


@pytest.mark.parametrize("size", [1, 7])
async def test_what_is_in_hand_does_not_grow_with_the_backlog(
    line: Line, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Receivers hang, and claims could run far ahead: the bounds of one and of all hold."""
    monkeypatch.setattr(sender, "MOST_EVENTS", OF_ONE)
    monkeypatch.setattr(sender, "MOST_EVENTS_TOGETHER", OF_ALL)
    monkeypatch.setattr(sender.Budget, "__init__", lambda self: setattr(self, "free", OF_ALL))
    seen: list[int] = []
    with Receiver(lambda _: Reply(after=None)) as hanging:
        made = [
            line.destination(f"d{n}", hanging.url, batch_events=size, max_in_flight=256)
            for n in range(3)
        ]
        for n, destination in enumerate(made):
            line.queue(destination, range(1_000 * n, 1_000 * n + 400))
        async with line.process() as senders:
            await line.until(lambda: line.value(IN_HAND) > OF_ALL - 3 * size, "hands are full")
            for _ in range(20):
                for one in senders._senders.values():
                    # As after a long run of quick answers.
                    one._ahead = 512
                    one.wake()
                await asyncio.sleep(0.02)
                seen.append(line.value(IN_HAND))
                for destination in made:
                    held = senders._senders[destination.destination_id]._held.values()
                    assert sum(len(claim.rows) for claim in held) <= OF_ONE
            for one in senders._senders.values():
                # The requests will not end by themselves.
                for request in one._requests:
                    request.cancel()
    assert max(seen) <= OF_ALL
