"""Keeps the images of events for good: the links that clients send do not last.

Each image is fetched, or taken from the event itself, judged by its first bytes, and stored under
a name made of its content: a repeat changes nothing. Where an image is kept comes back with the
outcome. What is wrong with an image is wrong for good; what is wrong with a server is retried.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storepulse.destinations.http.failures import RequestFailed
from storepulse.destinations.http.urls import checked_url
from storepulse.destinations.kinds.image_store import (
    CloudflareImages,
    ImageFolder,
    ImageStore,
    NotStored,
)
from storepulse.destinations.kinds.kind import Stopwatch, check_fields
from storepulse.destinations.rules.images import (
    MOST_BYTES,
    content_of_data_uri,
    images_of,
    media_type,
)
from storepulse.destinations.rules.model import (
    ArchivedImage,
    DeliveryBatch,
    DeliveryOutcome,
    Destination,
    Event,
)
from storepulse.destinations.rules.retry import retry_after_seconds, verdict_of_status
from storepulse.domain.errors import Rejected

if TYPE_CHECKING:
    from storepulse.destinations.http.client import SafeClient

ENDPOINT = "https://api.cloudflare.com/client/v4"
_is_account = re.compile(r"[0-9a-f]{32}").fullmatch


class ImageArchive:
    """config `account_id` with secret `api_token`, else `folder`; optional `endpoint`.

    `folder` is where images are kept by a destination that names none.
    """

    name = "image_archive"
    #: The time of an attempt is short for fetching and storing an event's images.
    max_events = 1
    sends_json = False
    signing_secrets: frozenset[str] = frozenset()

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check(self, config: Mapping[str, Any], secrets: Mapping[str, Sequence[str]]) -> None:
        check_fields("config", config, required=[], optional=["account_id", "folder", "endpoint"])
        if "account_id" not in config:
            check_fields("secrets", secrets, required=[])
            if "endpoint" in config:
                raise Rejected("config.endpoint", "is of use with config.account_id only")
            folder = config.get("folder", str(self._folder))
            if not isinstance(folder, str) or not folder or "\0" in folder:
                raise Rejected("config.folder", "wants the path of a folder")
            return
        if "folder" in config:
            raise Rejected("config.folder", "and config.account_id exclude each other")
        account = config["account_id"]
        if not isinstance(account, str) or _is_account(account) is None:
            raise Rejected("config.account_id", "wants 32 hexadecimal digits")
        checked_url("config.endpoint", config.get("endpoint", ENDPOINT))
        check_fields("secrets", secrets, required=["api_token"])

    def most_body_bytes(self, config: Mapping[str, Any]) -> None:
        """Batches are limited by their events alone."""

    async def send(
        self, destination: Destination, batch: DeliveryBatch, client: SafeClient, now: datetime
    ) -> DeliveryOutcome:
        watch = Stopwatch(destination.timeout_seconds)
        store = self._store_of(destination, client, now)
        omissions: dict[str, str] = {}
        refusals: dict[str, str] = {}
        archived: list[ArchivedImage] = []
        for event in batch.events:
            sources = list(images_of(event))
            if not sources:
                omissions[event.event_id] = "has no image"
            results = await asyncio.gather(
                *(_archive(event, field, source, store, client, watch, now)
                  for field, source in sources),
                return_exceptions=True,
            )  # fmt: skip
            for (field, _), result in zip(sources, results, strict=True):
                if isinstance(result, NotStored):
                    return DeliveryOutcome(
                        "retry",
                        result.status,
                        f"{field}: {result}",
                        result.retry_after,
                        seconds=watch.seconds,
                        fault=result.fault,
                    )
                if isinstance(result, Rejected):
                    refusals[event.event_id] = f"{field}: {result.reason}"
                elif isinstance(result, BaseException):
                    raise result
                else:
                    archived.append(result)
        return DeliveryOutcome(
            "delivered",
            refusals=refusals,
            omissions=omissions,
            seconds=watch.seconds,
            archived=archived,
        )

    def _store_of(self, destination: Destination, client: SafeClient, now: datetime) -> ImageStore:
        config = destination.config
        if "account_id" not in config:
            return ImageFolder(Path(config.get("folder", self._folder)))
        base = f"{config.get('endpoint', ENDPOINT).rstrip('/')}/accounts/{config['account_id']}"
        return CloudflareImages(client, base, destination.secrets["api_token"][0], now)


async def _archive(
    event: Event,
    field: str,
    source: str,
    store: ImageStore,
    client: SafeClient,
    watch: Stopwatch,
    now: datetime,
) -> ArchivedImage:
    inline = source.lower().startswith("data:")
    content = content_of_data_uri(source) if inline else await _fetch(source, client, watch, now)
    if len(content) > MOST_BYTES:
        raise Rejected("image", f"is larger than {MOST_BYTES} bytes")
    kind = media_type(content)
    return ArchivedImage(
        event.store_id,
        event.event_id,
        field,
        "" if inline else source,
        await store.keep(content, kind, watch.remaining),
        kind,
        len(content),
    )


async def _fetch(url: str, client: SafeClient, watch: Stopwatch, now: datetime) -> bytes:
    try:
        answer = await client.request("GET", url, timeout=watch.remaining, limit=MOST_BYTES)
    except RequestFailed as error:
        if error.kind == "address":
            # Of a destination's own address somebody may be told; a visitor's link stays wrong.
            raise Rejected("image", str(error)) from error
        raise NotStored(f"cannot be fetched: {error}") from error
    verdict = verdict_of_status(answer.status)
    if verdict == "retry":
        retry_after = retry_after_seconds(answer.headers.get("retry-after"), now)
        reason = f"cannot be fetched: status {answer.status}"
        raise NotStored(reason, answer.status, retry_after)
    if verdict != "delivered":
        raise Rejected("image", f"cannot be fetched: status {answer.status}")
    if answer.truncated:
        raise Rejected("image", f"is larger than {MOST_BYTES} bytes")
    return answer.body
