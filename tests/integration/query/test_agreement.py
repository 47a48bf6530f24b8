"""What an answer says twice is the same, while it is written: totals, series, and lists with rests.

Of the paths whose figures are said twice; the counts of deliveries come from one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from tests.integration.query.conftest import Reads

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
#: Answers that are read of each path.
ANSWERS = 60


@dataclass(frozen=True)
class Path:
    """A path, what is written together while it is read, and its figures: each a tuple of what has
    to be the same."""

    path: str
    rows: dict[str, dict[str, Any]]
    writes: str
    figures: Callable[[Any], list[tuple[Any, ...]]]


def total(rows: list[dict[str, Any]], *rest: dict[str, Any], of: str) -> int:
    return sum(row[of] for row in [*rows, *rest])


def figures_of_carts(data: Any) -> list[tuple[Any, ...]]:
    def lists(found: Any, of: str) -> tuple[int, ...]:
        return (
            total(found["byStore"], found["otherStores"], of=of),
            total(found["byTime"], of=of),
            total(found["byProduct"], found["otherProducts"], of=of),
        )

    images = data["images"]
    return [
        (data["totals"]["carts"], *lists(data, "carts")),
        (data["totals"]["generatedImages"], *lists(data, "generatedImages")),
        (images["imagesGenerated"], *lists(images, "imagesGenerated")),
        (images["imagesInCarts"], *lists(images, "imagesInCarts")),
        # Each transaction adds one of both.
        (data["totals"]["carts"], images["imagesGenerated"]),
    ]


def figures_of_landing(data: Any) -> list[tuple[Any, ...]]:
    days = data["by_day"]

    def revenue(found: Any) -> Decimal:
        return sum((Decimal(one["revenue"]) for one in found["revenue"]), Decimal())

    return [
        *((data[name], total(days, of=name)) for name in ("views", "clicks", "purchases")),
        (revenue(data), sum(map(revenue, days))),
        (data["purchases"], revenue(data)),
        (data["purchases"], sum(one["purchases"] for one in data["revenue"])),
    ]


def figures_of_heatmap(data: Any) -> list[tuple[Any, ...]]:
    clicks = [cell for cell in data["cells"] if cell["kind"] == "click"]
    return [
        (
            data["totals"]["clicks"],
            total(clicks, of="events"),
            total(data["elements"], of="clicks"),
        ),
    ]


def paths(store: str) -> dict[str, Path]:
    own = {"store_id": store, "is_bot": False}
    named = own | {"store_name": "shop.example", "carts": 1, "generated_images": 0}
    landing = own | {"landing_page_id": store, "campaign_id": "", "hour": NOON, "day": NOON.date()}
    return {
        "carts": Path(
            f"/api/cart-tracking/analytics?storeId={store}&limit=1",
            {
                "cart_hourly": {
                    **named, "hour": NOON, "day": NOON.date(), "person_images": 0,
                    "clothing_images": 0,
                },
                "cart_products_daily": {**named, "day": NOON.date(), "product_id": ""},
                "images": {
                    **own, "image_hash": b"0", "generated_word": "0", "generated_at": NOON,
                    "day": NOON.date(), "is_carted": False, "is_carted_by_bot": False,
                },
            },
            """
            UPDATE cart_hourly SET carts = carts + 1 WHERE store_id = %(store)s;
            UPDATE cart_products_daily SET carts = carts + 1 WHERE store_id = %(store)s;
            UPDATE cart_products_weekly SET carts = carts + 1 WHERE store_id = %(store)s;
            INSERT INTO late_changes AS l
            SELECT %(store)s, figures, '2026-03-01', 1
              FROM unnest('{cart_products_daily,images}'::text[]) AS figures
            ON CONFLICT (store_id, figures, day) DO UPDATE SET changes = l.changes + 1;
            INSERT INTO images (store_id, image_hash, generated_word, generated_at, day, product_id,
                                is_bot, is_carted, is_carted_by_bot)
            SELECT store_id, text_hash(gen_random_uuid()::text), '0', now(), day,
                   'p' || carts %% 3, false, carts %% 2 = 0, false
              FROM cart_hourly WHERE store_id = %(store)s
            """,
            figures_of_carts,
        ),
        "landing page": Path(
            f"/api/landing-pages/{store}/stats",
            {
                "landing_hourly": {
                    **landing, "views": 1, "clicks": 1, "purchases": 1, "told_orders": 0,
                    "others": 0, "sessions": 1,
                },
                "landing_revenue_hourly": {
                    **landing, "currency": "EUR", "purchases": 1, "revenue": 1,
                },
            },
            """
            UPDATE landing_hourly SET views = views + 1, purchases = purchases + 1
             WHERE landing_page_id = %(store)s::text;
            UPDATE landing_revenue_hourly SET purchases = purchases + 1, revenue = revenue + 1
             WHERE landing_page_id = %(store)s::text
            """,
            figures_of_landing,
        ),
        "heatmap": Path(
            f"/api/heatmap/{store}?page=/agreed",
            {"pages": {"store_id": store, "page": "/agreed"}},
            """
            INSERT INTO heatmap_cells (page_id, hour, device, kind, col, "row", is_bot, events,
                                       dwell_ms)
            SELECT page_id, now(), 'desktop', 'click', 1, 1, false, 1, 0
              FROM pages WHERE store_id = %(store)s;
            INSERT INTO heatmap_elements (page_id, hour, device, selector, is_bot, clicks,
                                          rage_clicks, dead_clicks, hovers, dwell_ms)
            SELECT page_id, now(), 'desktop', 'a', false, 1, 0, 0, 0, 0
              FROM pages WHERE store_id = %(store)s
            """,
            figures_of_heatmap,
        ),
    }  # fmt: skip


@contextmanager
def writing(reads: Reads, statements: str, store: str) -> Iterator[None]:
    """Commits the statements together, over and over, as fast as it goes."""
    stop = Event()

    def write() -> None:
        with reads.world.connect() as connection:
            while not stop.is_set():
                with connection.transaction():
                    for statement in filter(str.strip, statements.split(";")):
                        connection.execute(statement.encode(), {"store": store})

    thread = Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("name", ["carts", "landing page", "heatmap"])
def test_figures_of_an_answer_agree_while_they_are_written(
    reads: Reads, store: str, name: str
) -> None:
    asked = paths(store)[name]
    for table, row in asked.rows.items():
        reads.insert(table, row)
    with (
        writing(reads, asked.writes, store),
        httpx.Client(base_url=reads.url, headers=reads.world.headers, timeout=20) as client,
    ):
        answers = [client.get(asked.path).json() for _ in range(ANSWERS)]
    seen = [asked.figures(answer["data"]) for answer in answers]
    assert len({figures[0] for figures in seen}) > 10, "nothing was written meanwhile"
    wrong = [figures for figures in seen if any(len(set(figure)) > 1 for figure in figures)]
    assert wrong == []
