"""Order: what a shop's server and Shopify tell of orders; pages and campaigns tell of some, too."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.fault.maker import BodyAndFields, Maker, stated
from tests.fault.store_secrets import keyed_headers
from tests.fault.webhooks import next_webhook


def make(rng: Random, fields: dict[str, Any]) -> BodyAndFields:
    kind = rng.choice(("created", "paid", "paid", "refunded", "cancelled"))
    del fields["session_id"], fields["visitor_id"]
    number = rng.randrange(40)
    fields |= {
        "event_type": kind, "order_id": f"o-{number}", "currency": rng.choice(("EUR", "USD")),
        "order_name": rng.choice((f"#n-{number}", None)), "customer_id": rng.choice(("c-1", None)),
    }  # fmt: skip
    if kind == "refunded":
        fields |= {"refund_id": f"r-{rng.randrange(9)}", "refund_value": f"{rng.randrange(9)}.25"}
    elif kind != "cancelled":
        fields["value"] = f"{rng.randrange(1, 99)}.{rng.randrange(100):02}"
    return stated(fields), fields


MAKER = Maker(
    make=make,
    conflict=("channel", "channel", "conflict"),
    mistakes=(("order_id", ""), ("event_type", "lost"), ("value", -1)),
    path="/api/orders",
    batch_path="/api/orders/batch",
    has_user_agent=False,
    headers=keyed_headers,
    text_field="channel",
    next_call=next_webhook,
    # A webhook has fewer events than a batch.
    calls_share=0.7,
)
