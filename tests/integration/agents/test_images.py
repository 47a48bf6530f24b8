"""Images that were generated, as shops and bots tell, and images in carts: one table, whichever is
told first."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from tests.integration.agents.slices import Bench
from tests.support.generated_records import SEED
from tests.support.ingest_records import NOW_MS, STORE, Record, record

from storepulse.exactness.model.comparison import QUERIES
from storepulse.exactness.model.events import moment
from storepulse.exactness.model.tables import expected

DAY = 24 * 3_600_000
IMAGE = "https://cdn.example/g.png"
TODAY = moment(NOW_MS).date()
#: The topics of both streams have one name here.
PARTITIONS = {"activity": 0, "cart": 1, "bot": 2}
INLINE = "data:image/gif;base64,R0lGODlh"
_STORES = UUID("2d1b0c9e-0000-4000-8000-000000000000")
_NULL = dict.fromkeys(
    ("visitor_id", "page_url", "referrer", "product_id", "product_name", "search_query",
     "quantity", "value", "currency", "product_title", "generated_image_url", "person_image_url",
     "clothing_image_url", "name", "metadata", "image_url", "persona", "story", "text",
     "customer_id", "email_hash")
)  # fmt: skip


def generated(number: int, address: str, field: str = "image_url", **fields: Any) -> Record:
    metadata = json.dumps({field: address, "style": "oil"})
    told = {"activity_type": "custom", "name": "image_generated", "metadata": metadata}
    return record("activity", number, **told | fields)


def images(bench: Bench) -> list[tuple[Any, ...]]:
    return bench.rows(
        "SELECT day, product_id, is_bot, is_carted, is_carted_by_bot FROM images"
        " ORDER BY day, product_id"
    )


def test_an_image_is_in_a_cart_whichever_is_told_first(bench: Bench) -> None:
    before = record("cart", 1, generated_image_url=IMAGE + "?width=200#top")
    after = record("cart", 2, person_image_url="https://cdn.example/h.png")
    bench.write("cart", [before], 0, partition=1)
    assert images(bench) == [(None, None, None, True, False)]
    bench.write(
        "activity",
        [
            generated(3, IMAGE + "?signature=1", product_id="mug"),
            generated(4, "https://cdn.example/h.png", "imageUrl", product_id="pin"),
            generated(5, "https://cdn.example/i.png", "generated_image_url", product_id="sock"),
        ],
    )
    bench.write("cart", [after], 1, partition=1)
    assert images(bench) == [
        (TODAY, "mug", False, True, False),
        (TODAY, "pin", False, True, False),
        (TODAY, "sock", False, False, False),
    ]


def test_an_image_of_a_bot_is_in_a_cart_too(bench: Bench) -> None:
    drawn = {"event_type": "image_generated", "client_id": "-7"}
    bench.write(
        "bot",
        [
            record("bot", 1, **drawn, image_url=IMAGE + "?of=bot"),
            record("bot", 2, **drawn, image_url=INLINE),
            record("bot", 3, **drawn | {"event_type": "image_refresh"}, image_url=IMAGE + "/2"),
        ],
        partition=2,
    )
    bench.write("cart", [record("cart", 4, generated_image_url=IMAGE)], 0, partition=1)
    assert images(bench) == [(TODAY, None, False, True, False)]


def test_the_first_telling_of_a_person_says_day_and_product(bench: Bench) -> None:
    bot = generated(1, IMAGE, occurred_at=NOW_MS - 2 * DAY, is_bot=True, product_id="robot's")
    bench.write("activity", [bot, generated(2, IMAGE, product_id="later")], 0)
    bench.write("activity", [generated(3, IMAGE, occurred_at=NOW_MS - DAY, product_id="first")], 2)
    assert images(bench) == [(TODAY - timedelta(days=1), "first", False, False, False)]


def _history(rng: random.Random, store: str) -> list[dict[str, Any]]:
    """Events of one store, some of which name the same few images."""
    events = []
    for number in range(40):
        address = f"https://cdn.example/{rng.randrange(8)}.png" + rng.choice(("", "?a=1", "#b"))
        event = _NULL | {
            "store_id": store, "event_id": str(uuid5(UUID(store), str(number))),
            "session_id": "s-1", "is_bot": rng.random() < 0.3,
            "occurred_at": NOW_MS - rng.randrange(3) * DAY,
            "product_id": rng.choice((None, "mug", "pin")),
        }  # fmt: skip
        kind = rng.choice(("activity", "bot", "cart"))
        if kind == "bot":
            told = rng.choice(("image_generated", "image_generated", "image_refresh"))
            event |= {"stream": "bot", "event_type": told, "client_id": "-7", "product_id": None}
            event["image_url"] = rng.choice((address, address, address, INLINE, None))
        elif kind == "activity":
            metadata = json.dumps({rng.choice(("image_url", "imageUrl")): address})
            event |= {"stream": "activity", "activity_type": "custom", "name": "image_generated"}
            event["metadata"] = metadata
        else:
            field = rng.choice(("generated_image_url", "person_image_url", "clothing_image_url"))
            event |= {"stream": "cart", "store_name": "shop.example", field: address}
        events.append(event)
    return events


def _record_of(event: dict[str, Any]) -> Record:
    left_out = {"stream", *(name for name in _NULL if event[name] is None)}
    given = {name: value for name, value in event.items() if name not in left_out}
    return record(event["stream"], 0, **given)


def test_any_order_repetition_and_slicing_ends_in_the_same_rows(bench: Bench) -> None:
    """The same history twice, in two stores: shuffled, repeated and sliced at random."""
    rng = random.Random(SEED)
    offsets = dict.fromkeys(PARTITIONS, 0)
    wanted: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for round_number in range(8):
        store = str(uuid5(_STORES, str(round_number)))
        events = _history(rng, store)
        wanted |= expected(events)["images"]
        told = [*events, *rng.sample(events, 15)]
        rng.shuffle(told)
        while told:
            piece = [told.pop() for _ in range(min(len(told), rng.randrange(1, 12)))]
            for stream in rng.sample(list(PARTITIONS), 3):
                records = [_record_of(event) for event in piece if event["stream"] == stream]
                if records:
                    bench.write(stream, records, offsets[stream], PARTITIONS[stream])
                    offsets[stream] += len(records)
    keys, query = QUERIES["images"]
    found = {row[:keys]: row[keys:] for row in bench.rows(query.text)}
    assert found == wanted, f"seed {SEED}"
    assert STORE not in {key[0] for key in found}
