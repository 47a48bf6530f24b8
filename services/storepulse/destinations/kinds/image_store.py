"""The interface of a store of archived images, and its implementation for Cloudflare Images.

A store names an image by its content, so that storing the same image again has no effect.
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from storepulse.adapters.plain_httpx import httpx
from storepulse.destinations.http.failures import RequestFailed
from storepulse.destinations.rules.images import EXTENSIONS, name_of
from storepulse.destinations.rules.model import Fault
from storepulse.destinations.rules.quoting import quote
from storepulse.destinations.rules.retry import (
    OF_THE_ACCOUNT,
    retry_after_seconds,
    verdict_of_status,
)
from storepulse.domain.errors import Rejected, Transient

if TYPE_CHECKING:
    from storepulse.destinations.http.answers import Answer
    from storepulse.destinations.http.client import SafeClient

#: An https URL that can be stored and shown.
_is_address = re.compile(r"https://[\x21-\x7e]{1,2000}").fullmatch


class NotStored(Transient):
    """The image cannot be stored now. `retry_after` is what the server asked for, in seconds."""

    def __init__(
        self,
        reason: str,
        status: int | None = None,
        retry_after: float | None = None,
        fault: Fault = "receiver",
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after
        self.fault = fault


class ImageStore(Protocol):
    """Stores images permanently."""

    async def keep(self, content: bytes, media_type: str, seconds: float) -> str:
        """Stores an image within `seconds` and returns its URL.

        Raises NotStored if a retry may succeed, Rejected if the store will never take the image.
        """


class CloudflareImages:
    """Cloudflare Images, API v1: uploads by multipart with an id of our own.

    Source: developers.cloudflare.com/images/upload-images and the API reference.
    """

    def __init__(self, client: SafeClient, base: str, token: str, now: datetime) -> None:
        """`base` ends in the account's id. A Retry-After date is relative to `now`."""
        self._client = client
        self._images = f"{base}/images/v1"
        self._token = token
        self._now = now

    async def keep(self, content: bytes, media_type: str, seconds: float) -> str:
        try:
            async with asyncio.timeout(seconds):
                return await self._upload(content, media_type, seconds)
        except TimeoutError as error:
            raise NotStored(f"Cloudflare Images: no answer within {seconds:.1f} s") from error

    async def _upload(self, content: bytes, media_type: str, seconds: float) -> str:
        name = name_of(content)
        file = (f"{name}.{EXTENSIONS[media_type]}", content, media_type)
        form = httpx.Request("POST", self._images, data={"id": name}, files={"file": file})
        answer = await self._ask(
            "POST", self._images, form.headers["content-type"], form.read(), seconds
        )
        if answer.status == 409:
            # The same image exists already, from another event or an interrupted attempt.
            answer = await self._ask("GET", f"{self._images}/{name}", "", b"", seconds)
        url = public_url(answer)
        if url is None:
            raise self._fault(answer)
        return url

    async def _ask(
        self, method: str, url: str, content_type: str, content: bytes, seconds: float
    ) -> Answer:
        headers = {"authorization": f"Bearer {self._token}"}
        if content_type:
            headers["content-type"] = content_type
        try:
            return await self._client.request(
                method, url, headers=headers, content=content, timeout=seconds
            )
        except RequestFailed as error:
            raise NotStored(f"Cloudflare Images: {error}") from error

    def _fault(self, answer: Answer) -> NotStored | Rejected:
        reason = f"Cloudflare Images: status {answer.status}: {errors_of(answer) or answer.text}"
        # A fault of the token or the account's limits, which an administrator can repair.
        is_of_account = answer.status == 429 or answer.status in OF_THE_ACCOUNT
        if is_of_account or verdict_of_status(answer.status) != "refused":
            retry_after = retry_after_seconds(answer.headers.get("retry-after"), self._now)
            fault: Fault = "account" if is_of_account else "receiver"
            return NotStored(reason, answer.status, retry_after, fault)
        return Rejected("image", reason)


def public_url(answer: Answer) -> str | None:
    """The URL of the stored image, or None if the answer has none."""
    try:
        variants = [
            url for url in answer.json["result"]["variants"]
            if isinstance(url, str) and _is_address(url)
        ]  # fmt: skip
        public = [url for url in variants if url.endswith("/public")]
        return (public or variants)[0]
    except (TypeError, LookupError):
        return None


def errors_of(answer: Answer) -> str:
    try:
        errors = answer.json["errors"]
        return quote("; ".join(f"{e['code']} {e['message']}" for e in errors))
    except (TypeError, LookupError):
        return ""
