"""What the tests of every kind of destination share: one attempt, declarations, events by age."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from tests.support.delivered_events import NOW
from tests.support.http_messages import Reply, Request
from tests.support.receiver import Receiver

from storepulse.destinations.http.client import SafeClient
from storepulse.destinations.kinds import KINDS
from storepulse.destinations.kinds.selection import select
from storepulse.destinations.rules.model import DeliveryBatch, DeliveryOutcome, Destination, Event
from storepulse.domain.errors import Rejected

V = TypeVar("V", bound=Callable[[Request], Reply])


@contextmanager
def serving(vendor: V) -> Iterator[tuple[V, Receiver]]:
    """A vendor, and the server that answers as it says."""
    with Receiver(vendor) as server:
        yield vendor, server


async def attempt(
    destination: Destination, sent: DeliveryBatch, now: datetime = NOW, **config: Any
) -> DeliveryOutcome:
    """One attempt by the destination's kind, with this configuration, as senders make it."""
    async with SafeClient("private") as client:
        kind = KINDS[destination.kind]
        selected, omissions = select(kind, destination, sent.events, now)
        if not selected:
            return DeliveryOutcome("delivered", omissions=omissions)
        to = replace(destination, config=config)
        outcome = await kind.send(to, replace(sent, events=selected), client, now)
        return replace(outcome, omissions={**omissions, **outcome.omissions})


def refused_field(
    kind: str, config: Mapping[str, Any], secrets: Mapping[str, Sequence[str]]
) -> str:
    """The field of a declaration that its kind refuses."""
    with pytest.raises(Rejected) as rejected:
        KINDS[kind].check(config, secrets)
    return rejected.value.field


def events_around(
    limit: datetime, step: timedelta, numbered: Callable[..., Event]
) -> tuple[Event, Event, Event]:
    """An event of now, one of the limit, and one that is a step older."""
    times = (NOW, limit, limit - step)
    fresh, edge, old = (
        numbered(n, occurred_at=int(at.timestamp() * 1000)) for n, at in enumerate(times)
    )
    return fresh, edge, old
