"""Tables of carts."""

from __future__ import annotations

from storepulse.exactness.model.events import (
    Event,
    Tables,
    day_of,
    greatest,
    grouped,
    hour_of,
    moment,
)


def cart_tables(events: list[Event]) -> Tables:
    def with_link(found: list[Event], name: str) -> int:
        return sum(e[name] is not None for e in found)

    hourly = grouped(
        events, lambda e: (e["store_id"], hour_of(e), day_of(e), e["store_name"], e["is_bot"])
    )
    products = grouped(
        events,
        lambda e: (e["store_id"], day_of(e), e["product_id"] or "", e["store_name"], e["is_bot"]),
    )
    return {
        "cart_tracking_events": {
            (e["store_id"], e["event_id"]): (
                e["store_name"], e["session_id"], moment(e["occurred_at"]), e["product_id"],
                e["product_title"], e["generated_image_url"], e["person_image_url"],
                e["clothing_image_url"], e["is_bot"],
            )
            for e in events
        },
        "cart_hourly": {
            key: (
                len(found),
                with_link(found, "generated_image_url"),
                with_link(found, "person_image_url"),
                with_link(found, "clothing_image_url"),
            )
            for key, found in hourly.items()
        },
        "cart_products_daily": {
            key: (
                greatest(e["product_title"] for e in found if e["product_id"]),
                len(found),
                with_link(found, "generated_image_url"),
            )
            for key, found in products.items()
        },
    }  # fmt: skip
