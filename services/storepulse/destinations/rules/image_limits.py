"""How many images, and how large, a process takes for an event and for a store.

Clients write events, and so decide what is fetched: the limits bound what one event, and one store
in a day (UTC), may cost. What is above a limit is left out with the reason.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

#: Bytes of an image: what Cloudflare Images takes at most.
MOST_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Most images and bytes of an event, and of a store in a day."""

    event_images: int = 8
    event_bytes: int = 40 * 1024 * 1024
    store_images: int = 10_000
    store_bytes: int = 5 * 1024**3

    def bytes_of_each(self, images: int) -> int:
        """Most bytes of each of an event's images."""
        return min(MOST_BYTES, self.event_bytes // max(1, images))


class StoreSpending:
    """What stores have had of their limits on the day of the last question."""

    def __init__(self, limits: ImageLimits) -> None:
        self._limits = limits
        self._day: date | None = None
        self._images: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    def refusal(self, store_id: str, now: datetime) -> str | None:
        """Why the store may have no further image today; else None, and one is counted."""
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
        """So many bytes of an image came."""
        self._bytes[store_id] += count
