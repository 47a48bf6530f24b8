"""Archives the images of events, because the links that clients send may stop working.

Each image is fetched, or taken from the event itself, checked by its first bytes, and stored under
a name made of its content, so that a repeat changes nothing. The outcome has the URLs of the
archived images. Faults of an image are final; faults of a server are retried.

Links in events are untrusted input. They are followed only to the public internet, whatever
destinations may reach. A host that does not answer says nothing about the destination. Images and
bytes are limited for each event and each store.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storepulse.adapters import metrics
from storepulse.destinations.http.failures import RequestFailed
from storepulse.destinations.http.urls import checked_url, host_of
from storepulse.destinations.kinds.image_folder import ImageFolder
from storepulse.destinations.kinds.image_store import CloudflareImages, ImageStore, NotStored
from storepulse.destinations.kinds.kind import EveryEvent, Stopwatch, check_fields
from storepulse.destinations.rules.hosts_away import HostsAway
from storepulse.destinations.rules.image_limits import ImageLimits, StoreSpending
from storepulse.destinations.rules.images import (
    check_content_type,
    checked_folder,
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
    from storepulse.destinations.http.answers import Answer
    from storepulse.destinations.http.client import SafeClient

#: Maximum seconds for fetching one image, so that an attempt has time left to store it.
FETCH_SECONDS = 10.0
ENDPOINT = "https://api.cloudflare.com/client/v4"
_is_account = re.compile(r"[0-9a-f]{32}").fullmatch


class ImageArchive(EveryEvent):
    """config: `account_id`, optional `endpoint`, with secret `api_token`; or optional `folder`.

    `root` is the folder of all images; a destination's own folder is below it. An instance keeps
    in memory what stores have used of their limits, and which hosts do not answer.
    """

    name = "image_archive"
    #: An attempt has only enough time to fetch and store one event's images.
    max_events = 1
    sends_json = False
    signing_secrets: frozenset[str] = frozenset()

    def __init__(self, root: Path, limits: ImageLimits) -> None:
        self._root = root
        self._limits = limits
        self._spending = StoreSpending(limits)
        self._hosts = HostsAway()

    def check(self, config: Mapping[str, Any], secrets: Mapping[str, Sequence[str]]) -> None:
        check_fields("config", config, required=[], optional=["account_id", "folder", "endpoint"])
        if "account_id" not in config:
            check_fields("secrets", secrets, required=[])
            if "endpoint" in config:
                raise Rejected("config.endpoint", "is of use with config.account_id only")
            if "folder" in config:
                checked_folder("config.folder", config["folder"])
            return
        if "folder" in config:
            raise Rejected("config.folder", "and config.account_id exclude each other")
        account = config["account_id"]
        if not isinstance(account, str) or _is_account(account) is None:
            raise Rejected("config.account_id", "must be 32 hexadecimal digits")
        checked_url("config.endpoint", config.get("endpoint", ENDPOINT))
        check_fields("secrets", secrets, required=["api_token"])

    def most_body_bytes(self, config: Mapping[str, Any]) -> None:
        """Batches are limited by their events alone."""

    async def send(
        self, destination: Destination, batch: DeliveryBatch, client: SafeClient, now: datetime
    ) -> DeliveryOutcome:
        watch = Stopwatch(destination.timeout_seconds)
        try:
            store = self._store_of(destination, client, now)
        except Rejected as error:
            # The stored declaration is invalid. Write nothing, and report a fault of the account.
            return DeliveryOutcome("retry", error=str(error), fault="account")
        omissions: dict[str, str] = {}
        refusals: dict[str, str] = {}
        archived: list[ArchivedImage] = []
        for event in batch.events:
            most = self._limits.event_images
            sources = list(images_of(event, most + 1))
            if not sources:
                omissions[event.event_id] = "has no image"
            if len(sources) > most:
                omissions[event.event_id] = f"has more than {most} images: the others are left out"
                sources.pop()
            visit = _Visit(client, store, watch, now, self._limits.bytes_of_each(len(sources)))
            results = await asyncio.gather(
                *(self._archive(event, field, source, visit) for field, source in sources),
                return_exceptions=True,
            )
            if (waiting := _first_fault(sources, results, watch)) is not None:
                return waiting
            for (field, _), result in zip(sources, results, strict=True):
                if isinstance(result, Rejected):
                    refusals[event.event_id] = f"{field}: {result.reason}"
                elif isinstance(result, str):
                    omissions[event.event_id] = f"{field}: {result}"
                elif isinstance(result, ArchivedImage):
                    archived.append(result)
                else:
                    raise result
        return DeliveryOutcome(
            "delivered",
            refusals=refusals,
            omissions={e: why for e, why in omissions.items() if e not in refusals},
            seconds=watch.seconds,
            archived=archived,
        )

    def _store_of(self, destination: Destination, client: SafeClient, now: datetime) -> ImageStore:
        config = destination.config
        if "account_id" not in config:
            return ImageFolder(self._root, config.get("folder", ""))
        base = f"{config.get('endpoint', ENDPOINT).rstrip('/')}/accounts/{config['account_id']}"
        return CloudflareImages(client, base, destination.secrets["api_token"][0], now)

    async def _archive(
        self, event: Event, field: str, source: str, visit: _Visit
    ) -> ArchivedImage | str:
        """The archived image, or the reason why the store's limits are used up.

        Raises Rejected, NotStored.
        """
        if (why := self._spending.refusal(event.store_id, visit.now)) is not None:
            metrics.IMAGES.labels("skipped").inc()
            return why
        inline = source.lower().startswith("data:")
        try:
            content = content_of_data_uri(source) if inline else await self._fetch(source, visit)
            self._spending.add_bytes(event.store_id, len(content))
            metrics.IMAGE_BYTES.inc(len(content))
            if len(content) > visit.most_bytes:
                raise Rejected("image", f"is larger than {visit.most_bytes} bytes")
            kind = media_type(content)
            url = await visit.store.keep(content, kind, visit.watch.remaining)
        except Rejected:
            metrics.IMAGES.labels("refused").inc()
            raise
        except NotStored:
            metrics.IMAGES.labels("away").inc()
            raise
        metrics.IMAGES.labels("kept").inc()
        return ArchivedImage(
            event.store_id,
            event.stream,
            event.event_id,
            field,
            "" if inline else source,
            url,
            kind,
            len(content),
        )

    async def _fetch(self, url: str, visit: _Visit) -> bytes:
        host = host_of(url)
        if self._hosts.is_away(host, time.monotonic()):
            raise NotStored("cannot be fetched: its host does not answer", fault="source")
        seconds = min(visit.watch.remaining, FETCH_SECONDS)
        try:
            answer = await visit.client.fetch(url, timeout=seconds, limit=visit.most_bytes)
        except RequestFailed as error:
            if error.kind == "address":
                # The link comes from a client, and nobody will correct it: do not retry.
                raise Rejected("image", str(error)) from error
            self._hosts.note(host, time.monotonic(), answered=False)
            raise NotStored(f"cannot be fetched: {error}", fault="source") from error
        self._hosts.note(host, time.monotonic(), answered=True)
        return _content_of(answer, visit)


@dataclass(frozen=True, slots=True)
class _Visit:
    """The client, store and limits for the images of one event."""

    client: SafeClient
    store: ImageStore
    watch: Stopwatch
    now: datetime
    most_bytes: int


def _content_of(answer: Answer, visit: _Visit) -> bytes:
    verdict = verdict_of_status(answer.status)
    if verdict == "retry":
        retry_after = retry_after_seconds(answer.headers.get("retry-after"), visit.now)
        reason = f"cannot be fetched: status {answer.status}"
        raise NotStored(reason, answer.status, retry_after, "source")
    if verdict != "delivered":
        raise Rejected("image", f"cannot be fetched: status {answer.status}")
    check_content_type(answer.headers.get("content-type", ""))
    if answer.truncated:
        raise Rejected("image", f"is larger than {visit.most_bytes} bytes")
    return answer.body


def _first_fault(
    sources: Sequence[tuple[str, str]], results: Sequence[object], watch: Stopwatch
) -> DeliveryOutcome | None:
    """The retry outcome if an image could not be stored now. Faults of the store come first."""
    faults = [
        (field, result)
        for (field, _), result in zip(sources, results, strict=True)
        if isinstance(result, NotStored)
    ]
    if not faults:
        return None
    field, fault = min(faults, key=lambda pair: pair[1].fault == "source")
    return DeliveryOutcome(
        "retry",
        fault.status,
        f"{field}: {fault}",
        fault.retry_after,
        seconds=watch.seconds,
        fault=fault.fault,
    )
