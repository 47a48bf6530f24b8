"""The interface of a kind of destination: one class that turns a batch into a request.

A kind keeps no state about deliveries: its input is the destination and the batch, its output the
outcome. It does not raise for a receiver's faults; `post_json` turns network faults into outcomes.
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
    """One way of sending events.

    - `max_events`: maximum of a batch, whatever the destination declares
    - `sends_json`: it sends events as `event_json` renders them, which is done for many at once
    - `signing_secrets`: secrets of which several may be valid; of others only the newest counts
    - `vendor_streams`: for a vendor, the streams that it may get. The destination must name those
      that it wants, and gets each order's purchase once. None: not a vendor, may get any stream
    """

    name: str
    max_events: int
    sends_json: bool
    signing_secrets: frozenset[str]
    vendor_streams: frozenset[str] | None

    def left_out(self, event: Event, now: datetime) -> str | None:
        """Why a vendor does not get the event, which is not a failure; None if it does."""

    def purchase_of(self, event: Event) -> str | None:
        """The order number if the vendor counts the event as an order's purchase, else None."""

    def check(self, config: Mapping[str, Any], secrets: Mapping[str, Sequence[str]]) -> None:
        """Raises Rejected with the path of the offending field, `config.…` or `secrets.…`."""

    def most_body_bytes(self, config: Mapping[str, Any]) -> int | None:
        """Maximum bytes of a body with several events, from a checked config; None: no limit."""

    async def send(
        self, destination: Destination, batch: DeliveryBatch, client: SafeClient, now: datetime
    ) -> DeliveryOutcome:
        """Makes one attempt to send all events of the batch, at `now` (UTC)."""


class EveryEvent:
    """Base of kinds that are not vendors: every event is sent, and purchases are not claimed."""

    vendor_streams: frozenset[str] | None = None

    def left_out(self, event: Event, now: datetime) -> str | None:
        return None

    def purchase_of(self, event: Event) -> str | None:
        return None


class Stopwatch:
    """The time limit of one attempt, which all of its requests share."""

    def __init__(self, limit: float) -> None:
        self._started = time.monotonic()
        self._limit = limit

    @property
    def seconds(self) -> float:
        """Seconds since the attempt began."""
        return time.monotonic() - self._started

    @property
    def remaining(self) -> float:
        """Seconds left; at least a millisecond, so that a late request times out normally."""
        return max(self._limit - self.seconds, 0.001)


def outcome_of(answer: Answer, now: datetime) -> DeliveryOutcome:
    """The outcome by status alone."""
    verdict = verdict_of_status(answer.status)
    error = "" if verdict == "delivered" else f"status {answer.status}: {answer.text}".rstrip(": ")
    retry_after = retry_after_seconds(answer.headers.get("retry-after"), now)
    return DeliveryOutcome(verdict, answer.status, error, retry_after, seconds=answer.seconds)


def outcome_for_account(answer: Answer, now: datetime, hint: str) -> DeliveryOutcome:
    """The outcome by status. 401 and 403 are faults of the account; `hint` says what to check."""
    outcome = outcome_of(answer, now)
    if answer.status not in OF_THE_ACCOUNT:
        return outcome
    error = f"status {answer.status}: {hint}: {answer.text}".rstrip(": ")
    return replace(outcome, verdict="retry", error=error, fault="account")


def outcome_of_failure(error: RequestFailed, seconds: float) -> DeliveryOutcome:
    """The outcome if no answer came, which is a retry."""
    return DeliveryOutcome("retry", error=str(error), seconds=seconds)


async def post_json(
    client: SafeClient,
    url: str,
    content: bytes,
    watch: Stopwatch,
    judge: Callable[[Answer], DeliveryOutcome],
    headers: Mapping[str, str] | None = None,
) -> DeliveryOutcome:
    """Posts JSON. `judge` turns the answer into the outcome."""
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
    """Raises Rejected for a missing field and for an unknown one."""
    for name in required:
        if not values.get(name):
            raise Rejected(f"{path}.{name}", "is missing")
    for name in values:
        if name not in required and name not in optional:
            raise Rejected(f"{path}.{name}", "is not a field of this kind of destination")
