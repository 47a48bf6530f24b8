"""Google Analytics 4 by its Measurement Protocol.

Google answers 2xx even if it ignores the events, so a success proves nothing. With `debug`, events
go to Google's validation server instead, which reports errors and records nothing. A batch may need
several requests, because a request names one client. Events that Google took before a fault are
reported as accepted and not sent again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from storepulse.destinations.http.urls import checked_url
from storepulse.destinations.kinds.kind import (
    Stopwatch,
    check_fields,
    outcome_for_account,
    post_json,
)
from storepulse.destinations.rules.ga4_payload import (
    MOST_EVENTS,
    collections,
    halves,
    left_out,
    purchase_of,
)
from storepulse.destinations.rules.model import (
    DeliveryBatch,
    DeliveryOutcome,
    Destination,
    Event,
)
from storepulse.destinations.rules.quoting import quote
from storepulse.domain.errors import Rejected
from storepulse.streams.registry import STREAMS

if TYPE_CHECKING:
    from storepulse.destinations.http.answers import Answer
    from storepulse.destinations.http.client import SafeClient

ENDPOINT = "https://www.google-analytics.com"
_is_measurement_id = re.compile(r"G-[A-Z0-9]{4,20}").fullmatch


class GoogleAnalytics:
    """config: `measurement_id`, optional `endpoint`, `debug`; secret: `api_secret`."""

    name = "ga4"
    max_events = MOST_EVENTS
    sends_json = False
    signing_secrets: frozenset[str] = frozenset()
    vendor_streams: frozenset[str] | None = frozenset(
        name for name, stream in STREAMS.items() if stream.ga4 is not None
    )

    def left_out(self, event: Event, now: datetime) -> str | None:
        return left_out(event, now)

    def purchase_of(self, event: Event) -> str | None:
        return purchase_of(event)

    def check(self, config: Mapping[str, Any], secrets: Mapping[str, Sequence[str]]) -> None:
        check_fields("config", config, required=["measurement_id"], optional=["endpoint", "debug"])
        measurement_id = config["measurement_id"]
        if not isinstance(measurement_id, str) or _is_measurement_id(measurement_id) is None:
            raise Rejected(
                "config.measurement_id", "must be G- followed by capital letters or digits"
            )
        checked_url("config.endpoint", config.get("endpoint", ENDPOINT))
        if not isinstance(config.get("debug", False), bool):
            raise Rejected("config.debug", "must be true or false")
        check_fields("secrets", secrets, required=["api_secret"])

    def most_body_bytes(self, config: Mapping[str, Any]) -> None:
        """Batches are limited by their events alone."""

    async def send(
        self, destination: Destination, batch: DeliveryBatch, client: SafeClient, now: datetime
    ) -> DeliveryOutcome:
        watch = Stopwatch(destination.timeout_seconds)
        refusals: dict[str, str] = {}
        received: set[str] = set()
        last: DeliveryOutcome | None = None
        waiting = collections(batch.events)
        while waiting:
            collection = waiting.pop(0)
            ids = [event.event_id for event in collection.events]
            last = await _collect(destination, collection.body, client, watch, now)
            if last.verdict == "delivered":
                received.update(ids)
            elif last.verdict == "refused" and len(ids) > 1:
                waiting[:0] = halves(collection)
            elif last.verdict == "refused":
                refusals[ids[0]] = last.error
            else:
                break
        stopped = last is not None and last.verdict in ("retry", "gone")
        return DeliveryOutcome(
            verdict=last.verdict if last is not None and stopped else "delivered",
            status=last.status if last is not None else None,
            error=last.error if last is not None else "",
            retry_after=last.retry_after if last is not None else None,
            fault=last.fault if last is not None else "receiver",
            refusals=refusals,
            seconds=watch.seconds,
            accepted_ids=frozenset(received) if stopped else frozenset(),
        )


async def _collect(
    destination: Destination,
    body: Mapping[str, Any],
    client: SafeClient,
    watch: Stopwatch,
    now: datetime,
) -> DeliveryOutcome:
    config = destination.config
    debug = config.get("debug", False)
    query = urlencode(
        {
            "measurement_id": config["measurement_id"],
            "api_secret": destination.secrets["api_secret"][0],
        }
    )
    base = config.get("endpoint", ENDPOINT).rstrip("/")
    path = "/debug/mp/collect" if debug else "/mp/collect"

    def judge(answer: Answer) -> DeliveryOutcome:
        faults = faults_of(answer) if debug and answer.status == 200 else ""
        if faults:
            return DeliveryOutcome("refused", answer.status, faults)
        return outcome_for_account(answer, now, "is the API secret valid?")

    url = f"{base}{path}?{query}"
    return await post_json(client, url, msgspec.json.encode(body), watch, judge)


def faults_of(answer: Answer) -> str:
    """The errors that the validation server found, or ""."""
    try:
        messages = answer.json["validationMessages"]
        return quote("; ".join(f"{m['validationCode']}: {m['description']}" for m in messages))
    except (TypeError, LookupError):
        return f"the validation server answered something else: {answer.text}"
