"""Delivery processes killed around an order's purchase: one event of it is sent, and stays it."""

from __future__ import annotations

import signal
from datetime import UTC, datetime

import pytest
from tests.integration.delivery.events import Shop
from tests.integration.delivery.line import RECEIVED_AT
from tests.support.http_messages import Reply, Request
from tests.support.receiver import Receiver

A_CLAIM = 31
WORST = ["delivery.after_purchase_commit"]
OTHERS = [
    "delivery.before_purchase_commit",
    "delivery.after_send",
    "delivery.before_outcome_commit",
    "delivery.after_outcome_commit",
]
ORDERS = [f"order-{n}" for n in range(4)]


class PickyMeta:
    """Takes whole requests, but none with what it dislikes; keeps who sent each purchase."""

    def __init__(self) -> None:
        self.sent: dict[str, set[str]] = {}

    def __call__(self, request: Request) -> Reply:
        events = request.json["data"]
        if any(e["custom_data"].get("content_name") == "forbidden" for e in events):
            return Reply(400, {"error": {"code": 100, "message": "Invalid parameter"}})
        for e in events:
            self.sent.setdefault(e["event_id"], set()).add(e["custom_data"]["content_ids"][0])
        return Reply(200, {"events_received": len(events)})


@pytest.mark.parametrize(
    "places",
    [
        pytest.param(WORST, id="worst"),
        pytest.param(OTHERS, id="others", marks=pytest.mark.long),
    ],
)
@pytest.mark.timeout(400)
def test_killed_at(shop: Shop, places: list[str]) -> None:
    meta = PickyMeta()
    # Meta takes nothing that is older than a week.
    shop.move((RECEIVED_AT - datetime.now(UTC)).total_seconds() + 60)
    with Receiver(meta) as server:
        destination = shop.destination(
            "meta", "", kind="meta_capi", streams=frozenset({"activity"}), batch_events=3,
            secrets={"access_token": ["token"]},
            config={"pixel_id": "1234567890", "endpoint": f"{server.url}/v23.0"}, batch_seconds=0.0,
        )  # fmt: skip

        for at, place in enumerate(places):
            for index, order in enumerate(ORDERS):
                for copy in range(3):
                    number = at * 100 + index * 10 + copy
                    # Of one order Meta dislikes the event that comes first.
                    is_first = (at, index, copy) == (0, 0, 0)
                    shop.queue(
                        destination, [number], activity_type="purchase", value="1.00",
                        currency="EUR", consent_marketing="granted", visitor_id="v-1",
                        order_id=f"{order}-{at}",
                        product_id=str(number), product_name="forbidden" if is_first else None,
                    )  # fmt: skip
            with shop.delivery(f"{place} kill 1\n") as process:
                assert process.process is not None
                assert process.process.wait(90) == -signal.SIGKILL, shop.logs()
            shop.move(A_CLAIM)
        orders = len(places) * len(ORDERS)
        ended = {"sent": orders, "skipped": 2 * orders - 1, "failed": 1}
        with shop.delivery():
            shop.wait_until(lambda: shop.statuses(destination) == ended, f"{ended}")
    assert sorted(meta.sent) == sorted(
        f"purchase:{o}-{at}" for at in range(len(places)) for o in ORDERS
    )
    # Whoever came first, and nobody else, however often it was tried.
    assert {len(senders) for senders in meta.sent.values()} == {1}
    assert shop.value("SELECT count(*) FROM purchase_claims") == orders
    assert shop.value("SELECT count(*) FROM dead_letters") == 1
