"""The values of delivery: destinations, events, batches and the outcome of an attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from storepulse.destinations.rules.rotation import RotatingSecret

Verdict = Literal["delivered", "retry", "refused", "gone", "oversize"]

#: The cause of a failure that is retried.
#: - receiver: it cannot be reached or is busy
#: - account: our credentials, permissions, limits or API version there, for any event
#: - source: a host that the event links to (an image's); says nothing about the destination
Fault = Literal["receiver", "account", "source"]

#: Seconds to wait after the first, second, … failed attempt, one for each retry.
DEFAULT_RETRIES = (1.0, 2.0, 4.0, 60.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0)


@dataclass(frozen=True, slots=True)
class Destination:
    """A destination as an administrator declared it.

    Empty `streams` and `types` match everything; `store_id` None is every store. The kind defines
    `config` and `secrets`. During a rotation, several secrets of one name are valid, newest first.
    `secret_ends` has the end of each secret by name; without an entry, or with None, a secret is
    valid until an administrator ends it.
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
        """The secrets of that name, newest first, including those that have ended."""
        secrets = self.secrets.get(name, ())
        ends = self.secret_ends.get(name) or [None] * len(secrets)
        return [RotatingSecret(*pair) for pair in zip(secrets, ends, strict=True)]

    def with_secrets(self, name: str, rotating: Sequence[RotatingSecret]) -> Destination:
        """A copy with these secrets of that name."""
        ends = {**self.secret_ends, name: [secret.ends_at for secret in rotating]}
        return replace(
            self,
            secrets={**self.secrets, name: [secret.value for secret in rotating]},
            secret_ends={n: values for n, values in ends.items() if any(values)},
        )


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a batch, decoded. `value` has the fields of its schema; times are UTC.

    `json`: the JSON of `event_json`, if it was rendered for many events together.
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
    """The events of one request; every attempt has the same events and the same id.

    `attempt` counts from 1. `batch_id` is a UUID; the webhook-id is `msg_` and its hex digits.
    """

    batch_id: str
    attempt: int
    events: Sequence[Event]

    @property
    def message_id(self) -> str:
        """The `webhook-id`, by which receivers deduplicate."""
        return "msg_" + self.batch_id.replace("-", "")


@dataclass(frozen=True, slots=True)
class ArchivedImage:
    """An archived image of an event's field.

    `source_url` is "" if the event contained the image itself; `size` is in bytes.
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
    """The outcome of one attempt.

    - delivered: the receiver has the events, except those in `refusals`
    - retry: a later attempt may succeed; `retry_after` is what the receiver asked for, in seconds,
      and `fault` is the cause
    - refused: a retry would be refused too; a batch of several events is halved
    - oversize: nothing was sent, because the body of several events exceeds its limit; it is halved
    - gone: refused with 410; the destination is disabled

    `refusals` maps event ids to the reasons why they fail for good. `omissions` maps event ids to
    the reasons why they were left out without being a failure (consent withdrawn). `error` names
    the fault (DNS, connection, TLS, timeout, status) with at most the first 1 KB of the answer.
    `seconds` is the attempt's duration.

    `accepted_ids` has the events that the receiver took before a `retry` or `gone`, if a batch
    needs several requests: they count as sent, and the next attempt leaves them out.
    `archived` has the archived images, which are stored with the outcome.
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
