"""What is said twice in an answer about carts is the same, whatever the filter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.agents.slices import Bench
from tests.integration.query.conftest import Reads
from tests.support.ingest_records import Record, record

ANALYTICS = "/api/cart-tracking/analytics"
IMAGE = "https://cdn.example/{}"
#: 23:40 in Kolkata (UTC+5:30), in the hour of UTC that has two of its days.
LATE = int(datetime(2026, 11, 21, 18, 10, tzinfo=UTC).timestamp() * 1000)
MINUTE = 60_000


@pytest.fixture(scope="module")
def bench(reads: Reads) -> Iterator[Bench]:
    """Writers on the database that the query service reads."""
    bench = Bench(reads.world, topic=f"ingest.{uuid4().hex[:8]}")
    yield bench
    bench.stopping.set()
    for writer in bench.writers.values():
        writer.close()


class Shop:
    """Writes one store's events through the agents' transaction."""

    def __init__(self, bench: Bench, store: str) -> None:
        self.bench, self.store = bench, store
        bench.topic = f"ingest.{uuid4().hex[:8]}"
        self.written = 0

    def carts(self, *events: dict[str, Any]) -> None:
        self._write("cart", {"store_name": "one.example", "occurred_at": LATE}, events)

    def images(self, *events: dict[str, Any]) -> None:
        told = {"activity_type": "custom", "name": "image_generated", "occurred_at": LATE}
        made = [
            event | {"metadata": f'{{"image_url": "{IMAGE.format(event["image"])}"}}'}
            for event in events
        ]
        self._write("activity", told, [{k: v for k, v in e.items() if k != "image"} for e in made])

    def _write(self, stream: str, plain: dict[str, Any], events: Any) -> None:
        records: list[Record] = [
            record(
                stream, 0, **{"store_id": self.store, "event_id": str(uuid4()), **plain, **event}
            )
            for event in events
        ]
        self.bench.write(stream, records, self.written)
        self.written += len(records)


@pytest.fixture
def shop(bench: Bench, store: str) -> Shop:
    return Shop(bench, store)


def sums(data: dict[str, Any], figure: str) -> list[int]:
    """A figure in total, and as the sum of each list with what it leaves out."""
    return [
        data["totals"][figure] if "totals" in data else data[figure],
        sum(row[figure] for row in [*data["byStore"], data["otherStores"]]),
        sum(row[figure] for row in data["byTime"]),
        sum(row[figure] for row in [*data["byProduct"], data["otherProducts"]]),
    ]


def test_a_store_of_two_names_is_read_by_either(reads: Reads, shop: Shop) -> None:
    shop.carts(*({"product_id": "mug"} for _ in range(3)))
    shop.carts(*({"product_id": "mug", "store_name": "two.example"} for _ in range(5)))
    for name, carts in (("one.example", 3), ("two.example", 5)):
        data = reads.read(ANALYTICS, storeId=shop.store, storeName=name)["data"]
        assert sums(data, "carts") == [carts] * 4
        assert [row["carts"] for row in data["byProduct"]] == [carts]
    assert sums(reads.read(ANALYTICS, storeId=shop.store)["data"], "carts") == [8] * 4


@pytest.mark.parametrize(
    ("asked", "carts"),
    [
        ({}, 9),
        ({"storeName": "one.example"}, 8),
        ({"sessionId": "s-2"}, 1),
        ({"customerEmail": "ANN@x.example"}, 3),
        ({"from_": "2026-11-21", "to": "2026-11-22"}, 5),
        ({"from_": "2026-11-22", "to": "2026-11-23", "sessionId": "s-1"}, 3),
        ({"includeBots": "true"}, 10),
    ],
)
@pytest.mark.parametrize("limit", [1, 50])
@pytest.mark.parametrize("interval", ["day", "hour"])
def test_lists_add_up_to_the_totals_for_every_filter(
    reads: Reads, shop: Shop, asked: dict[str, str], carts: int, limit: int, interval: str
) -> None:
    zone = {"store_id": shop.store, "from_day": date(2026, 1, 1), "zone": "Asia/Kolkata"}
    reads.insert("stores", {"store_id": shop.store, "domain": f"{shop.store}.example"})
    reads.insert("store_time_zones", zone)
    image = {"generated_image_url": IMAGE.format(1)}
    person = {"customer_email": "Ann@x.example"}
    after_midnight = LATE + 25 * MINUTE
    shop.carts(
        {"product_id": "mug"}, {"product_id": "mug", **image}, {"product_id": "pin", **person}, {},
        {"store_name": "two.example", "product_id": "mug"}, {"is_bot": True},
        {"occurred_at": after_midnight, "product_id": "pin", **person},
        {"occurred_at": after_midnight, "session_id": "s-2", **image},
        {"occurred_at": after_midnight, "session_id": "s-1", "product_id": "mug", **person},
        {"occurred_at": after_midnight, **image},
    )  # fmt: skip
    data = reads.read(ANALYTICS, storeId=shop.store, limit=limit, interval=interval, **asked)[
        "data"
    ]
    assert sums(data, "carts") == [carts] * 4
    assert len(set(sums(data, "generatedImages"))) == 1
    assert len(data["byProduct"]) <= limit >= len(data["byStore"])


def test_generated_images_that_became_carts(reads: Reads, shop: Shop) -> None:
    shop.carts({"generated_image_url": IMAGE.format(1) + "?w=200"})
    shop.images(
        {"image": 1, "product_id": "mug"}, {"image": 1, "product_id": "mug"},
        {"image": 2, "product_id": "mug"}, {"image": "3?a=1"}, {"image": 4, "product_id": "pin"},
        {"image": 5, "is_bot": True},
    )  # fmt: skip
    shop.carts(
        {"person_image_url": IMAGE.format(3)}, {"generated_image_url": IMAGE.format(9)},
        {"generated_image_url": IMAGE.format(4), "is_bot": True},
    )  # fmt: skip
    images = reads.read(ANALYTICS, storeId=shop.store)["data"]["images"]
    assert (images["imagesGenerated"], images["imagesInCarts"]) == (4, 2)
    assert (images["conversion"], images["reason"]) == (0.5, None)
    found = [(row["productId"], row["imagesGenerated"], row["conversion"])
             for row in images["byProduct"]]  # fmt: skip
    assert found == [("mug", 2, 0.5), ("pin", 1, 0.0)]
    assert images["otherProducts"] == {
        "imagesGenerated": 1, "imagesInCarts": 1, "conversion": 1.0
    }  # fmt: skip
    assert [row["storeId"] for row in images["byStore"]] == [shop.store]
    assert [row["at"] for row in images["byTime"]] == ["2026-11-21T00:00:00.000Z"]
    for asked in ({}, {"limit": 1}, {"interval": "hour"}, {"include_bots": "1"}):
        images = reads.read(ANALYTICS, storeId=shop.store, **asked)["data"]["images"]
        assert len(set(sums(images, "imagesGenerated"))) == 1
        assert len(set(sums(images, "imagesInCarts"))) == 1
    assert (images["imagesGenerated"], images["imagesInCarts"]) == (5, 3)


def test_no_figures_of_images_have_a_reason(reads: Reads, shop: Shop) -> None:
    shop.carts({"generated_image_url": IMAGE.format(1)})
    shop.images({"image": 1})
    for asked, reason in (
        ({"from_": "2026-11-22"}, "No activity named image_generated"),
        ({"sessionId": "s-1"}, "not by session or customer"),
        ({"customerEmail": "a@b.example"}, "not by session or customer"),
        # The store is known by its id alone: which of its names is its own is not.
        ({"storeName": "one.example"}, "No activity named image_generated"),
    ):
        images = reads.read(ANALYTICS, storeId=shop.store, **asked)["data"]["images"]
        assert images["imagesGenerated"] is images["conversion"] is None
        assert reason in images["reason"]
        assert images["byStore"] == images["byTime"] == images["byProduct"] == []
    reads.insert("stores", {"store_id": UUID(shop.store), "domain": "one.example"})
    images = reads.read(ANALYTICS, storeId=shop.store, storeName="one.example")["data"]["images"]
    assert images["conversion"] == 1.0
