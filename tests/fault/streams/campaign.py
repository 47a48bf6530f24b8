"""Campaign: opens, orders and named events, by the shop's server."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.fault.maker import BodyAndFields, Maker, stated
from tests.fault.store_secrets import signed_headers


def make(rng: Random, fields: dict[str, Any]) -> BodyAndFields:
    kind = rng.choice(("WEBAPP_OPEN", "WEBAPP_OPEN", "ORDER_CREATED", "ORDER_PAID", "Signup"))
    del fields["session_id"], fields["visitor_id"]
    fields |= {
        "event_name": kind, "campaign_id": rng.choice(("summer", "winter")),
        "tracking_id": f"t-{rng.randrange(8)}", "telegram_id": str(700 + rng.randrange(6)),
    }  # fmt: skip
    if kind.startswith("ORDER"):
        fields |= {
            "order_id": f"o-{rng.randrange(40)}", "currency": rng.choice(("EUR", "USD")),
            "value": f"{rng.randrange(1, 99)}.{rng.randrange(100):02}",
            "customer_id": rng.choice(("c-1", "c-2", None)),
        }  # fmt: skip
    body = stated(fields)
    body["event"] = body.pop("event_name")
    return body, fields | {
        "event_type": "Custom" if kind == "Signup" else kind, "session_id": None,
    }  # fmt: skip


MAKER = Maker(
    make=make,
    conflict=("campaign_id", "campaign_id", "conflict"),
    mistakes=(("campaign_id", "a b"), ("tracking_id", ""), ("currency", "ZZZ")),
    path="/ingest",
    has_user_agent=False,
    headers=signed_headers,
)
