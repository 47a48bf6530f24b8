"""What the events of a slice tell of who somebody is."""

from __future__ import annotations

from tests.unit.streams.frames import frame

from storepulse.streams.customers import IDENTITIES, customer_plans


def test_only_streams_that_are_known_for_it_tell_of_orders() -> None:
    events = frame("order", {"order_id": "#1001", "customer_id": "7"})
    for stream, kinds in (("order", ["customer", "order"]), ("review", ["customer"])):
        told = customer_plans(events, stream)[IDENTITIES].collect()
        assert sorted(told["kind"]) == kinds
