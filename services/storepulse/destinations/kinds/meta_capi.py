"""Meta's Conversions API.

Meta accepts or refuses a request as a whole, so one bad event spoils it. Events that are known to
be refused are left out beforehand and reported by name; if Meta refuses the rest, the sender halves
the batch. Faults of the account (an expired token, missing permissions, rate limits, a version that
has ended) also get status 400 but say nothing about events: the batch waits until they are fixed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from storepulse.destinations.http.urls import checked_url
from storepulse.destinations.kinds.kind import (
    Stopwatch,
    check_fields,
    outcome_for_account,
    outcome_of,
    post_json,
)
from storepulse.destinations.rules import graph_version
from storepulse.destinations.rules.meta_faults import fault_of
from storepulse.destinations.rules.meta_payload import (
    left_out,
    meta_event,
    purchase_of,
    refusal,
)
from storepulse.destinations.rules.model import (
    DeliveryBatch,
    DeliveryOutcome,
    Destination,
    Event,
)
from storepulse.destinations.rules.quoting import quote
from storepulse.destinations.rules.retry import retry_after_seconds
from storepulse.domain.errors import Rejected
from storepulse.streams.registry import STREAMS

if TYPE_CHECKING:
    from storepulse.destinations.http.answers import Answer
    from storepulse.destinations.http.client import SafeClient

_is_pixel = re.compile(r"[0-9]{5,20}").fullmatch


class MetaConversions:
    """config: `pixel_id`, optional `version`, `endpoint`, `test_event_code`; secret:
    `access_token`."""

    name = "meta_capi"
    max_events = 500
    sends_json = False
    signing_secrets: frozenset[str] = frozenset()
    vendor_streams: frozenset[str] | None = frozenset(
        name for name, stream in STREAMS.items() if stream.meta is not None
    )

    def left_out(self, event: Event, now: datetime) -> str | None:
        return left_out(event, now)

    def purchase_of(self, event: Event) -> str | None:
        return purchase_of(event)

    def check(self, config: Mapping[str, Any], secrets: Mapping[str, Sequence[str]]) -> None:
        check_fields(
            "config",
            config,
            required=["pixel_id"],
            optional=["version", "endpoint", "test_event_code"],
        )
        pixel = config["pixel_id"]
        if not isinstance(pixel, str) or _is_pixel(pixel) is None:
            raise Rejected("config.pixel_id", "must be the pixel's digits, as text")
        checked_url("config.endpoint", config.get("endpoint", graph_version.ENDPOINT))
        version = config.get("version", graph_version.CURRENT)
        if not isinstance(version, str) or graph_version.is_version(version) is None:
            raise Rejected("config.version", f"must be a version such as {graph_version.CURRENT}")
        if "version" in config and graph_version.is_in_endpoint(config):
            raise Rejected(
                "config.version", "and the version in config.endpoint exclude each other"
            )
        if not isinstance(config.get("test_event_code", ""), str):
            raise Rejected("config.test_event_code", "must be text")
        check_fields("secrets", secrets, required=["access_token"])

    def most_body_bytes(self, config: Mapping[str, Any]) -> None:
        """Batches are limited by their events alone."""

    async def send(
        self, destination: Destination, batch: DeliveryBatch, client: SafeClient, now: datetime
    ) -> DeliveryOutcome:
        watch = Stopwatch(destination.timeout_seconds)
        refusals: dict[str, str] = {}
        sent = []
        for event in batch.events:
            if (why := refusal(event)) is not None:
                refusals[event.event_id] = why
            else:
                sent.append(meta_event(event))
        if not sent:
            return DeliveryOutcome("delivered", refusals=refusals)
        config = destination.config
        body: dict[str, Any] = {
            "data": sent,
            # In the body and not in the URL, so that it does not appear in logs on the way.
            "access_token": destination.secrets["access_token"][0],
        }
        if config.get("test_event_code"):
            body["test_event_code"] = config["test_event_code"]
        outcome = await post_json(
            client,
            f"{graph_version.base_of(config)}/{config['pixel_id']}/events",
            msgspec.json.encode(body),
            watch,
            lambda answer: outcome_of_answer(answer, len(sent), now),
        )
        return replace(outcome, refusals=refusals, seconds=watch.seconds)


def outcome_of_answer(answer: Answer, sent: int, now: datetime) -> DeliveryOutcome:
    """The outcome of a request with `sent` events, by Meta's error body rather than the status."""
    body = answer.json
    fields = body if isinstance(body, dict) else {}
    error = fields.get("error")
    if isinstance(error, dict):
        by_status = outcome_of(answer, now)
        fault = fault_of(error)
        is_lasting = by_status.verdict != "retry" and fault is None
        retry_after = retry_after_seconds(answer.headers.get("retry-after"), now)
        return DeliveryOutcome(
            "refused" if is_lasting else "retry",
            answer.status,
            _words(error),
            retry_after,
            fault=fault or "receiver",
        )
    received = fields.get("events_received")
    if answer.status == 200 and isinstance(received, int) and received < sent:
        messages = json.dumps(fields.get("messages", []))
        return DeliveryOutcome(
            "refused", 200, quote(f"Meta took {received} of {sent} events: {messages}")
        )
    return outcome_for_account(answer, now, "is the access token valid?")


def _words(error: Mapping[str, Any]) -> str:
    """The error as text: code, message, and Meta's title and message for users."""
    code = "/".join(str(error[n]) for n in ("code", "error_subcode") if n in error)
    texts = [error[n] for n in ("message", "error_user_title", "error_user_msg") if error.get(n)]
    return quote(f"Meta error {code}: {' - '.join(map(str, texts))}")
