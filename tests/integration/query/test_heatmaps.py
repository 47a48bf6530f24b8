"""Heatmaps of pages."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.query.conftest import Reads


@pytest.fixture
def page(reads: Reads, store: str) -> int:
    """Number of `/products/mug` of a store, with cells, scrolls and elements."""
    reads.insert("pages", {"store_id": store, "page": "/products/mug"})
    with reads.world.connect() as connection:
        row = connection.execute(
            "SELECT page_id FROM pages WHERE store_id = %s", [store]
        ).fetchone()
    assert row is not None
    number = row[0]
    assert isinstance(number, int)
    at = {"page_id": number, "hour": "2026-03-01 10:00Z", "device": "mobile", "is_bot": False}

    def cell(**changed: Any) -> dict[str, Any]:
        cell = {"kind": "click", "col": 3, "row": 7, "events": 2, "dwell_ms": 0}
        return {**at, **cell, **changed}

    reads.insert(
        "heatmap_cells", cell(), cell(hour="2026-03-01 11:00Z"), cell(device="desktop", events=1),
        cell(col=4, events=9), cell(kind="hover", dwell_ms=700), cell(is_bot=True, events=50),
    )  # fmt: skip
    reads.insert(
        "heatmap_scroll", {**at, "reach": 20, "events": 1, "views": 1},
        {**at, "reach": 10, "events": 2, "views": 2}, {**at, "reach": 0, "events": 9, "views": 1},
        {**at, "reach": 20, "events": 96, "views": 90, "is_bot": True},
    )  # fmt: skip
    day = {"page_id": number, "day": "2026-03-01", "is_bot": False}
    reads.insert(
        "heatmap_pages_daily", {**day, "pointer_events": 16, "scroll_events": 12},
        {**day, "pointer_events": 50, "scroll_events": 96, "is_bot": True},
    )  # fmt: skip
    element = {**at, "selector": "a.buy", "clicks": 5, "rage_clicks": 1, "dead_clicks": 0,
               "hovers": 0, "dwell_ms": 0}  # fmt: skip
    reads.insert(
        "heatmap_elements", element, {**element, "hour": "2026-03-01 11:00Z"},
        {**element, "selector": "div", "clicks": 1, "rage_clicks": 0, "dead_clicks": 1},
    )  # fmt: skip
    return number


@pytest.mark.usefixtures("page")
def test_cells_scroll_and_elements(reads: Reads, store: str) -> None:
    data = reads.read(f"/api/heatmap/{store}", page="/products/mug")["data"]
    assert data["cells"] == [
        {"kind": "click", "col": 4, "row": 7, "events": 9, "dwell_ms": 0},
        {"kind": "click", "col": 3, "row": 7, "events": 5, "dwell_ms": 0},
        {"kind": "hover", "col": 3, "row": 7, "events": 2, "dwell_ms": 700},
    ]
    assert data["cells_truncated"] is False
    assert data["grid"] == {"columns": 128, "row_px": 16}
    reach = {part["percent"]: (part["views"], part["share"]) for part in data["scroll_reach"]}
    assert list(reach) == list(range(0, 101, 5))
    assert (reach[0], reach[5], reach[50]) == ((4, 1.0), (3, 0.75), (3, 0.75))
    assert (reach[55], reach[100]) == ((1, 0.25), (1, 0.25))
    assert [(e["selector"], e["clicks"], e["rage_clicks"]) for e in data["elements"]] == [
        ("a.buy", 10, 2), ("div", 1, 0),
    ]  # fmt: skip
    assert data["totals"] == {
        "clicks": 11, "rage_clicks": 2, "dead_clicks": 1, "hovers": 0, "scrolls": 12, "views": 4
    }  # fmt: skip


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize(
    ("parameters", "events"),
    [
        ({"kind": "hover"}, [2]),
        ({"device": "desktop"}, [1]),
        ({"from_": "2026-03-01T11:20:00Z"}, [2]),
        ({"to": "2026-03-01T10:20:00Z", "kind": "click"}, [9, 3]),
        ({"include_bots": "true", "kind": "click"}, [55, 9]),
        ({"page": "https://shop.example/products/mug?x=1#y", "kind": "hover"}, [2]),
        ({"page": "/products/hat"}, []),
    ],
)
def test_filters(reads: Reads, store: str, parameters: dict[str, str], events: list[int]) -> None:
    asked = {"page": "/products/mug", **parameters}
    data = reads.read(f"/api/heatmap/{store}", **asked)["data"]
    assert [cell["events"] for cell in data["cells"]] == events


@pytest.mark.usefixtures("page")
def test_another_store_sees_nothing_of_it(reads: Reads) -> None:
    other = "00000000-0000-4000-8000-000000000000"
    assert reads.read(f"/api/heatmap/{other}", page="/products/mug")["data"]["cells"] == []


@pytest.mark.usefixtures("page")
def test_pages_of_a_store(reads: Reads, store: str) -> None:
    reads.insert("pages", {"store_id": store, "page": "/never"})
    answer = reads.read(f"/api/heatmap/{store}/pages")
    assert answer["data"] == [{"page": "/products/mug", "pointer_events": 16, "scroll_events": 12}]
    assert (answer["total"], answer["more"]) == (1, False)


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize(
    ("start", "end", "events"),
    [
        ("2026-03-01", "2026-03-02", (16, 12)),  # by the day
        ("2026-03-01T10:00:00Z", "2026-03-02", (16, 12)),  # by hours before the first whole day
        ("2026-03-01T11:00:00Z", "2026-03-05", (2, 0)),
        ("2026-02-01", "2026-03-01T11:00:00Z", (14, 12)),  # by hours after the last whole day
        ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", (14, 12)),  # by hours within a day
        ("2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z", (2, 0)),
        ("2026-03-02", "2026-03-05", None),
    ],
)
def test_pages_of_whole_days_and_of_hours(
    reads: Reads, store: str, start: str, end: str, events: tuple[int, int] | None
) -> None:
    answer = reads.read(f"/api/heatmap/{store}/pages", from_=start, to=end, tz="UTC")
    found = [(page["pointer_events"], page["scroll_events"]) for page in answer["data"]]
    assert found == ([] if events is None else [events])
    bots = reads.read(f"/api/heatmap/{store}/pages", from_=start, to=end, include_bots="true")
    assert all(page["pointer_events"] >= 2 for page in bots["data"])


@pytest.mark.parametrize(
    ("asked", "page", "cells"),
    [
        ("/items/mug", "/items/mug", [2]),  # from before there was a pattern
        ("/items/mug/?x#y", "/items/mug", [2]),
        ("/items/*", "/items/*", [9]),
        ("/items/hat", "/items/*", [9]),
        ("https://shop.example/items/mug/?x", "/items/*", [9]),
        ("https://shop.example/m%c3%bcg/", "/m%C3%BCg", [5]),
        ("/müg", "/m%C3%BCg", [5]),
        ("(other)", "(other)", [7]),
        ("/never", "/never", []),
    ],
)
def test_what_is_asked_is_found_where_it_counts(
    reads: Reads, store: str, asked: str, page: str, cells: list[int]
) -> None:
    with reads.world.connect() as connection:
        connection.execute(
            "INSERT INTO stores (store_id, settings) VALUES (%s, %s)"
            " ON CONFLICT (store_id) DO UPDATE SET settings = EXCLUDED.settings",
            [store, '{"page_patterns": ["/items/*"]}'],
        )
        for name, events in (("/items/mug", 2), ("/items/*", 9), ("/m%C3%BCg", 5), ("(other)", 7)):
            connection.execute(
                "WITH made AS (INSERT INTO pages (store_id, page) VALUES (%s, %s)"
                " RETURNING page_id)"
                " INSERT INTO heatmap_cells SELECT page_id, '2026-03-01 10:00Z', 'mobile', 'click',"
                " 0, 0, false, %s, 0 FROM made",
                [store, name, events],
            )
    data = reads.read(f"/api/heatmap/{store}", page=asked)["data"]
    assert (data["page"], [cell["events"] for cell in data["cells"]]) == (page, cells)
