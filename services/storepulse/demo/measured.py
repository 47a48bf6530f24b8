"""Figures of custom events by name and of web vitals, for activity and landing pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from storepulse.demo.part import Read, Told
from storepulse.domain.event_names import event_name_of
from storepulse.domain.web_vitals import METRICS

_MOST = 500
#: Custom events that the product derives itself, at an unknown time.
_DERIVED = ("cart_abandoned", "checkout_abandoned")


def json_of(value: object) -> str | None:
    """A free-form field as it is stored."""
    return None if value is None else msgspec.json.encode(value).decode()


class MeasuredFigures:
    """Counts one store's custom events of a stream by name, and its web vitals by metric."""

    def __init__(self, stream: Literal["activity", "landing"]) -> None:
        self._stream = stream
        self._names: Counter[str] = Counter()
        self._samples: Counter[str] = Counter()

    def name(self, name: str | None) -> None:
        """Adds a custom event."""
        self._names[event_name_of(name)] += 1

    def measure(self, text: str) -> None:
        """Adds the web vitals of an event: one metric by name and value, or several."""
        said = msgspec.json.decode(text)
        told = [said["name"]] if "name" in said else said
        self._samples.update(name.upper() for name in told)

    def document(self) -> dict[str, Any]:
        """Both, under names that include the stream."""
        return {
            f"{self._stream} custom events": dict(sorted(self._names.items())),
            f"{self._stream} web vitals": dict(sorted(self._samples.items())),
        }


def read_measured(
    read: Read, store: str, stream: Literal["activity", "landing"]
) -> Iterator[tuple[str, Told]]:
    """The same figures from the API. Pages of activity begin with a slash, ids of landing pages
    do not."""
    of_store = {"store_id": store, "limit": _MOST}
    named = read("/api/custom-events", of_store | {"stream": stream, "sort": "name"})["data"]
    yield (
        f"{stream} custom events",
        {one["name"] or "": one["events"] for one in named if one["name"] not in _DERIVED},
    )
    samples: Counter[str] = Counter()
    for metric in sorted(METRICS):
        pages = read("/api/web-vitals/pages", of_store | {"metric": metric})["data"]
        samples[metric] = sum(
            one["samples"]
            for one in pages
            if (one["page"] or "/").startswith("/") == (stream == "activity")
        )
    yield f"{stream} web vitals", dict(+samples)
