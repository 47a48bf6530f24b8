"""When a worker leaves because another one has its slot, and when it joins again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer import group_coordinator

from storepulse.slices.driver import membership
from storepulse.slices.driver.membership import SlotCoordinator

UNKNOWN_MEMBER, FENCED, REBALANCING, ILLEGAL_GENERATION = 25, 82, 27, 22


class Left(Exception):
    """The process is gone."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What time it is, and what the broker answers next."""
    world = SimpleNamespace(now=100.0, code=0)

    async def answer(_self: Any, _request: Any) -> Any:
        return SimpleNamespace(error_code=world.code)

    def leave(reason: str, **_: Any) -> None:
        raise Left(reason)

    monkeypatch.setattr(group_coordinator.GroupCoordinator, "_send_req", answer)
    monkeypatch.setattr(membership, "monotonic", lambda: world.now)
    monkeypatch.setattr(membership, "leave", leave)
    return world


def coordinator(slot: str | None = "agents-0") -> Any:
    made = SlotCoordinator.__new__(SlotCoordinator)
    made._group_instance_id, made._session_timeout_ms = slot, 6_000
    return made


def heartbeat() -> Any:
    return group_coordinator.HeartbeatRequest("group", 1, "member")


async def beat(member: Any, clock: SimpleNamespace, code: int, after: float = 1.5) -> None:
    clock.now, clock.code = clock.now + after, code
    await member._send_req(heartbeat())


@pytest.mark.parametrize("forgotten", [UNKNOWN_MEMBER, FENCED])
@pytest.mark.parametrize("known", [0, REBALANCING])
async def test_forgotten_within_the_session(
    clock: SimpleNamespace, known: int, forgotten: int
) -> None:
    member = coordinator()
    await beat(member, clock, known)
    with pytest.raises(Left, match="another worker has taken this slot"):
        await beat(member, clock, forgotten)


@pytest.mark.parametrize(
    ("slot", "code", "after"),
    [
        ("agents-0", UNKNOWN_MEMBER, 6.0),  # its session is over: it was frozen
        ("agents-0", ILLEGAL_GENERATION, 1.5),  # it missed a rebalance
        (None, UNKNOWN_MEMBER, 1.5),  # no slot that anybody could take
    ],
)
async def test_it_may_join_again(
    clock: SimpleNamespace, slot: str | None, code: int, after: float
) -> None:
    member = coordinator(slot)
    await beat(member, clock, 0)
    await beat(member, clock, code, after)


async def test_one_that_was_never_known_may_join(clock: SimpleNamespace) -> None:
    await beat(coordinator(), clock, UNKNOWN_MEMBER)


async def test_a_commit_is_told_first(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = coordinator()
    await beat(member, clock, 0)

    async def answer(_self: Any, _request: Any) -> Any:
        return SimpleNamespace(topics=[("ingest.cart.v1", [(0, 0), (1, UNKNOWN_MEMBER)])])

    monkeypatch.setattr(group_coordinator.GroupCoordinator, "_send_req", answer)
    commit = group_coordinator.OffsetCommitRequest("group", 1, "member", -1, [])
    with pytest.raises(Left, match="another worker has taken this slot"):
        await member._send_req(commit)
