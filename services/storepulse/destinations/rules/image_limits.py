"""Limits of archived images and bytes, for each event and for each store.

Clients decide by their events what is fetched. The limits, per process, bound the cost of one
event, and of one store in a day (UTC). Images above a limit are left out with the reason.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

#: Maximum bytes of an image, the limit of Cloudflare Images.
MOST_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Maximum images and bytes of an event, and of a store in a day."""

    event_images: int = 8
    event_bytes: int = 40 * 1024 * 1024
    store_images: int = 10_000
    store_bytes: int = 5 * 1024**3

    def bytes_of_each(self, images: int) -> int:
        """Maximum bytes of each image if an event has this many."""
        return min(MOST_BYTES, self.event_bytes // max(1, images))


class StoreSpending:
    """What each store has used of its limits on the current day, UTC."""

    def __init__(self, limits: ImageLimits) -> None:
        self._limits = limits
        self._day: date | None = None
        self._images: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    def refusal(self, store_id: str, now: datetime) -> str | None:
        """Counts an image and returns None, or returns why the store may have no more today."""
        if now.date() != self._day:
            self._day = now.date()
            self._images.clear()
            self._bytes.clear()
        if self._images[store_id] >= self._limits.store_images:
            return f"the store has had its {self._limits.store_images} images of the day"
        if self._bytes[store_id] >= self._limits.store_bytes:
            return f"the store's images have had their {self._limits.store_bytes} bytes of the day"
        self._images[store_id] += 1
        return None

    def add_bytes(self, store_id: str, count: int) -> None:
        """Counts the bytes of an image."""
        self._bytes[store_id] += count
