"""The stored events of a visit, in the format of the shop's panel. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

#: By stream: the column with the type, and the columns for the summary.
_TYPES = {
    "activity": "activity_type",
    "bot": "event_type",
    "campaign": "event_name",
    "cart": "",
    "experiment": "event_type",
    "landing": "event_type",
    "order": "event_type",
    "usage": "meter",
}
_ABOUT = {
    "activity": ("page_url", "product_name", "search_query", "order_id", "value", "currency"),
    "bot": ("text",),
    "campaign": ("campaign_id", "tracking_id"),
    "cart": ("product_title", "generated_image_url"),
    "experiment": ("variant_id", "metric"),
    "landing": ("landing_page_id",),
    "order": ("order_id", "value", "currency"),
    "usage": ("quantity",),
}
STREAMS = tuple(_TYPES)


def events_of(stream: str, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a stream as the panel's events."""
    return [
        {
            "stream": stream,
            "event_id": str(row["event_id"]),
            "type": _type_of(stream, row),
            "summary": " · ".join(
                _words_of(row[name]) for name in _ABOUT[stream] if row.get(name) not in (None, "")
            ),
            "sent_by": "page" if row.get("source") == "tracker" else "server",
            "occurred_at": row["occurred_at"],
            "row": dict(row),
        }
        for row in rows
    ]


def _words_of(value: Any) -> str:
    """A value in the panel's format: of a URL only the path."""
    text = str(value)
    return urlsplit(text).path if text.startswith("http") else text


def _type_of(stream: str, row: Mapping[str, Any]) -> str:
    column = _TYPES[stream]
    kind = str(row.get(column) or "add to cart")
    return str(row["name"]) if kind == "custom" and row.get("name") else kind
