"""The figures that a running installation tells of a store, beside those that the demo counted.

Read through the public API, as any client would. What no path tells stays in the manifest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

#: (path, query parameters) -> the JSON of the answer.
Read = Callable[[str, dict[str, Any]], dict[str, Any]]
Told = int | list[int]

_MOST = 500


def wrong_figures(
    read: Read, stores: Mapping[str, Mapping[str, Any]], *, domains: Mapping[str, str]
) -> Iterator[str]:
    """One line for each figure that is told otherwise than it was counted, by store.

    `stores`: the counted figures (`StoreFigures.document`). Raises what `read` raises.
    """
    for store, counted in stores.items():
        for name, told in told_figures(read, store):
            if told != counted[name]:
                yield f"{domains[store]}: {name} {told} told, {counted[name]} counted"


def told_figures(read: Read, store: str) -> Iterator[tuple[str, Told]]:
    """Name and value of each figure, as the manifest names them; the cheap ones first."""
    of_store = {"store_id": store}
    steps = read("/api/analytics/funnel", of_store)["data"]
    yield "funnel", [step["sessions"] for step in steps]
    totals = read("/api/cart-tracking/analytics", of_store)["data"]["totals"]
    yield "carts", totals["carts"]
    yield "sessions", _count_sessions(read, of_store)
    clicked: Counter[str] = Counter()
    reached: Counter[int] = Counter()
    for page in read(f"/api/heatmap/{store}/pages", {"limit": _MOST})["data"]:
        heatmap = read(f"/api/heatmap/{store}", {"page": page["page"], "limit": 1})["data"]
        clicked.update(heatmap["totals"])
        reached.update({at["percent"]: at["views"] for at in heatmap["scroll_reach"]})
    for name in ("clicks", "hovers", "rage_clicks", "dead_clicks"):
        yield name, clicked[name]
    yield "scroll_reach", [reached[percent] for percent in range(0, 101, 5)]


def _count_sessions(read: Read, of_store: dict[str, Any]) -> int:
    count, cursor = 0, None
    while True:
        page = read("/api/analytics/sessions", of_store | {"limit": _MOST} | (cursor or {}))
        count += len(page["data"])
        if page["next_cursor"] is None:
            return count
        cursor = {"cursor": page["next_cursor"]}
