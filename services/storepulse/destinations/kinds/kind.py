"""What a kind of destination is: one class that turns a batch into a request.

A kind keeps no state: what it needs comes with the destination, what it learnt leaves with the
outcome. It never raises for what a receiver does: `post_json` words the faults of the network.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from storepulse.destinations.http.failures import RequestFailed
from storepulse.destinations.rules.model import (
    DeliveryBatch,
    DeliveryOutcome,
    Destination,
    Event,
)
from storepulse.destinations.rules.retry import (
    OF_THE_ACCOUNT,
    retry_after_seconds,
    verdict_of_status,
)
from storepulse.domain.errors import Rejected

if TYPE_CHECKING:
    from storepulse.destinations.http.answers import Answer
    from storepulse.destinations.http.client import SafeClient


class Kind(Protocol):
    """One way of sending events. `max_events` bounds a batch, whatever the destination asks for.

    `sends_json`: it sends events as `event_json` has them, which is made for many at once.
    `signing_secrets`: secrets of which several are valid at a time; of others the newest counts.
    `vendor_streams`: of a vendor, the streams that it may be sent; it gets those of them that its
    destination names, and an order's purchase once. None: it is no vendor, and gets any stream.
    """

    name: str
    max_events: int
    sends_json: bool
    signing_secrets: frozenset[str]
    vendor_streams: frozenset[str] | None

    def left_out(self, event: Event, now: datetime) -> str | None:
        """Why a vendor does not get the event, which is no failure; None where it is sent."""

    def purchase_of(self, event: Event) -> str | None:
        """The order whose purchase the event is at a vendor; None for every other event."""

    def check(self, config: Mapping[str, Any], secrets: Mapping[str, Sequence[str]]) -> None:
        """Raises Rejected with the path of the offending field, `config.…` or `secrets.…`."""

    def most_body_bytes(self, config: Mapping[str, Any]) -> int | None:
        """Bytes of a body with several events, by a checked configuration; None: no limit."""

    async def send(
        self, destination: Destination, batch: DeliveryBatch, client: SafeClient, now: datetime
    ) -> DeliveryOutcome:
        """One attempt with all events of the batch, at `now` (UTC); none of them is left out."""


class EveryEvent:
    """For kinds that are no vendors: every event is sent, each by itself."""

    vendor_streams: frozenset[str] | None = None

    def left_out(self, event: Event, now: datetime) -> str | None:
        return None

    def purchase_of(self, event: Event) -> str | None:
        return None


class Stopwatch:
    """The time of one attempt, for kinds that need several requests: they share its limit."""

    def __init__(self, limit: float) -> None:
        self._started = time.monotonic()
        self._limit = limit

    @property
    def seconds(self) -> float:
        """Seconds since the attempt began."""
        return time.monotonic() - self._started

    @property
    def remaining(self) -> float:
        """Seconds that the attempt may still take; at its end a moment, so that it fails there."""
        return max(self._limit - self.seconds, 0.001)


def outcome_of(answer: Answer, now: datetime) -> DeliveryOutcome:
    """The outcome by status alone, for receivers whose bodies say nothing more."""
    verdict = verdict_of_status(answer.status)
    error = "" if verdict == "delivered" else f"status {answer.status}: {answer.text}".rstrip(": ")
    retry_after = retry_after_seconds(answer.headers.get("retry-after"), now)
    return DeliveryOutcome(verdict, answer.status, error, retry_after, seconds=answer.seconds)


def outcome_for_account(answer: Answer, now: datetime, hint: str) -> DeliveryOutcome:
    """The outcome by status; 401 and 403 are about our account, and `hint` says what to look at."""
    outcome = outcome_of(answer, now)
    if answer.status not in OF_THE_ACCOUNT:
        return outcome
    error = f"status {answer.status}: {hint}: {answer.text}".rstrip(": ")
    return replace(outcome, verdict="retry", error=error, fault="account")


def outcome_of_failure(error: RequestFailed, seconds: float) -> DeliveryOutcome:
    """The outcome where no answer came: it may come at the next attempt."""
    return DeliveryOutcome("retry", error=str(error), seconds=seconds)


async def post_json(
    client: SafeClient,
    url: str,
    content: bytes,
    watch: Stopwatch,
    judge: Callable[[Answer], DeliveryOutcome],
    headers: Mapping[str, str] | None = None,
) -> DeliveryOutcome:
    """The outcome of one request with JSON; `judge` makes it of the answer."""
    try:
        answer = await client.request(
            "POST",
            url,
            headers={**(headers or {}), "content-type": "application/json"},
            content=content,
            timeout=watch.remaining,
        )
    except RequestFailed as error:
        return outcome_of_failure(error, watch.seconds)
    return judge(answer)


def check_fields(
    path: str, values: Mapping[str, Any], *, required: Sequence[str], optional: Sequence[str] = ()
) -> None:
    """Raises Rejected for a field that is missing and for one that nobody reads."""
    for name in required:
        if not values.get(name):
            raise Rejected(f"{path}.{name}", "is missing")
    for name in values:
        if name not in required and name not in optional:
            raise Rejected(f"{path}.{name}", "is not a field of this kind of destination")
