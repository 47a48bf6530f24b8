"""What is sent where: destinations, events, batches and the outcome of an attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from storepulse.destinations.rules.rotation import RotatingSecret

Verdict = Literal["delivered", "retry", "refused", "gone", "oversize"]

#: Whose fault a failure is that may pass.
#: - receiver: it is away or busy
#: - account: our credentials, rights, limits or version there, whatever the event
#: - source: what the event points to (an image's host); it says nothing about the destination
Fault = Literal["receiver", "account", "source"]

#: Seconds to wait after the first, second, … failed attempt; their number is that of the retries.
DEFAULT_RETRIES = (1.0, 2.0, 4.0, 60.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where events go, as an administrator declared it.

    Empty `streams` and `types` match everything; `store_id` None is every store. `config` and
    `secrets` hold what the kind asks for; several secrets of one name are valid while rotating,
    the newest first. `secret_ends` has, by name, when each of them ends; no name, and None: when
    somebody ends it.
    """

    destination_id: str
    name: str
    kind: str
    status: Literal["active", "paused", "disabled"] = "active"
    store_id: str | None = None
    streams: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    consent: frozenset[str] = frozenset()
    include_bots: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    secret_ends: Mapping[str, Sequence[datetime | None]] = field(default_factory=dict)
    ordered: bool = False
    batch_events: int = 50
    batch_seconds: float = 5.0
    max_in_flight: int = 8
    rate_per_second: float | None = None
    retry_seconds: Sequence[float] = DEFAULT_RETRIES
    timeout_seconds: float = 15.0

    def rotating(self, name: str) -> list[RotatingSecret]:
        """The secrets of that name, the newest first, those that have ended too."""
        secrets = self.secrets.get(name, ())
        ends = self.secret_ends.get(name) or [None] * len(secrets)
        return [RotatingSecret(*pair) for pair in zip(secrets, ends, strict=True)]

    def with_secrets(self, name: str, rotating: Sequence[RotatingSecret]) -> Destination:
        """The destination with these secrets of that name."""
        ends = {**self.secret_ends, name: [secret.ends_at for secret in rotating]}
        return replace(
            self,
            secrets={**self.secrets, name: [secret.value for secret in rotating]},
            secret_ends={n: values for n, values in ends.items() if any(values)},
        )


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a batch, decoded. `value` has the fields of its schema; times are UTC.

    `json`: what `event_json` makes of it, where that was done for many events together.
    """

    event_id: str
    store_id: str
    stream: str
    event_type: str
    received_at: datetime
    value: Mapping[str, Any]
    json: bytes | None = None

    @property
    def correlation_id(self) -> str:
        return str(self.value["correlation_id"])


@dataclass(frozen=True, slots=True)
class DeliveryBatch:
    """The events of one request: the same ones, under the same id, on every attempt.

    `attempt` counts from 1. `batch_id` is a UUID; the webhook-id is `msg_` and its hex digits.
    """

    batch_id: str
    attempt: int
    events: Sequence[Event]

    @property
    def message_id(self) -> str:
        """The id that a receiver deduplicates by."""
        return "msg_" + self.batch_id.replace("-", "")


@dataclass(frozen=True, slots=True)
class ArchivedImage:
    """An image that is now kept for good: of which event and field, from where, as what.

    `source_url` is "" where the event carried the image itself; `size` is in bytes.
    """

    store_id: str
    stream: str
    event_id: str
    field: str
    source_url: str
    archived_url: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """What came of one attempt.

    - delivered: the receiver has the events, but for those in `refusals`
    - retry: it may pass; `retry_after` is what the receiver asked for, in seconds, and `fault` says
      whose it is
    - refused: it never will; a batch of several is halved
    - oversize: nothing was sent, since the body of several events is above its limit: it is halved
    - gone: refused, and the destination wants nothing any more (410)

    `refusals` maps event ids to reasons that are known without asking again. `error` names the
    fault (DNS, connection, TLS, timeout, status) with at most the first 1 KB of the answer;
    `omissions` maps event ids to why they were left out for good without being a failure (consent
    withdrawn). `seconds` is the attempt's duration.

    `accepted_ids` names, with a verdict of retry, events that the receiver has all the same, since
    the kind needs several requests for a batch: they count as sent, and the next attempt leaves
    them out. `archived` is what became of images; it is stored with the outcome.
    """

    verdict: Verdict
    status: int | None = None
    error: str = ""
    retry_after: float | None = None
    refusals: Mapping[str, str] = field(default_factory=dict)
    omissions: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    accepted_ids: frozenset[str] = frozenset()
    archived: Sequence[ArchivedImage] = ()
    fault: Fault = "receiver"
