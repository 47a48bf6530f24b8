"""Webhooks: signed JSON sent to a URL, after Standard Webhooks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from storepulse.destinations.http.urls import checked_url
from storepulse.destinations.kinds.kind import (
    EveryEvent,
    Stopwatch,
    check_fields,
    outcome_for_account,
    post_json,
)
from storepulse.destinations.rules.model import DeliveryBatch, DeliveryOutcome, Destination
from storepulse.destinations.rules.webhook_body import (
    LEAST_BYTES,
    MOST_BYTES,
    USUAL_BYTES,
    body_of,
)
from storepulse.domain.errors import Rejected
from storepulse.domain.signing import check_secret, signature_header

if TYPE_CHECKING:
    from storepulse.destinations.http.client import SafeClient

_HINT = "does the receiver know the newest secret?"
CORRELATION_HEADER = "x-correlation-id"
_MOST_HEADERS = 20
_is_header_name = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}").fullmatch
_is_header_value = re.compile(r"[\x20-\x7e]{0,1024}").fullmatch
#: Headers that Storepulse or the connection sets. A declaration cannot override them.
_RESERVED = frozenset(
    (
        *("host", "content-length", "content-type", "transfer-encoding", "connection", "upgrade"),
        *("te", "trailer", "keep-alive", "expect", "accept-encoding", CORRELATION_HEADER),
    )
)


class Webhook(EveryEvent):
    """config: `url`, optional `headers`, `max_body_bytes`; secrets: `signing`, newest first."""

    name = "webhook"
    max_events = 500
    sends_json = True
    signing_secrets = frozenset({"signing"})

    def check(self, config: Mapping[str, Any], secrets: Mapping[str, Sequence[str]]) -> None:
        check_fields("config", config, required=["url"], optional=["headers", "max_body_bytes"])
        checked_url("config.url", config["url"])
        _check_headers(config.get("headers", {}))
        most = config.get("max_body_bytes", USUAL_BYTES)
        if type(most) is not int or not LEAST_BYTES <= most <= MOST_BYTES:
            raise Rejected("config.max_body_bytes", f"must be {LEAST_BYTES} to {MOST_BYTES}")
        check_fields("secrets", secrets, required=["signing"])
        for secret in secrets["signing"]:
            check_secret("secrets.signing", secret)

    def most_body_bytes(self, config: Mapping[str, Any]) -> int:
        return int(config.get("max_body_bytes", USUAL_BYTES))

    async def send(
        self, destination: Destination, batch: DeliveryBatch, client: SafeClient, now: datetime
    ) -> DeliveryOutcome:
        body = body_of(batch.events, is_single=destination.batch_events == 1)
        most = self.most_body_bytes(destination.config)
        if len(body) > most and len(batch.events) > 1:
            return DeliveryOutcome("oversize", error=f"its body has more than {most} bytes")
        timestamp = int(now.timestamp())
        signing = [s.value for s in destination.rotating("signing") if s.is_valid(now)]
        headers = {
            **destination.config.get("headers", {}),
            "webhook-id": batch.message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature_header(signing, batch.message_id, timestamp, body),
        }
        correlations = {event.correlation_id for event in batch.events}
        if len(correlations) == 1:
            headers[CORRELATION_HEADER] = correlations.pop()
        watch = Stopwatch(destination.timeout_seconds)
        return await post_json(
            client,
            destination.config["url"],
            body,
            watch,
            lambda answer: outcome_for_account(answer, now, _HINT),
            headers,
        )


def _check_headers(headers: object) -> None:
    if not isinstance(headers, Mapping) or len(headers) > _MOST_HEADERS:
        raise Rejected("config.headers", f"must be an object of at most {_MOST_HEADERS} headers")
    for name, value in headers.items():
        path = f"config.headers.{name}"
        if _is_header_name(name) is None:
            raise Rejected(path, "is not a header name")
        if name.lower() in _RESERVED or name.lower().startswith("webhook-"):
            raise Rejected(path, "is set by Storepulse")
        if not isinstance(value, str) or _is_header_value(value) is None:
            raise Rejected(path, "must have at most 1024 printable ASCII characters")
