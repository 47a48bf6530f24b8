"""Usage: a few meters, by the shop's server."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.fault.maker import BodyAndFields, Maker, stated
from tests.fault.store_secrets import keyed_headers


def make(rng: Random, fields: dict[str, Any]) -> BodyAndFields:
    del fields["session_id"], fields["visitor_id"]
    fields |= {
        "meter": rng.choice(("sms_sent", "try_ons", "seats")),
        "quantity": f"{rng.randrange(99)}.{rng.randrange(100):02}",
    }
    return stated(fields), fields


MAKER = Maker(
    make=make,
    conflict=("quantity", "quantity", "1000"),
    mistakes=(("meter", "a b"), ("quantity", -1), ("quantity", "1.23456")),
    path="/api/usage",
    batch_path="/api/usage",
    has_user_agent=False,
    headers=keyed_headers,
)
