"""The steps of the funnel."""

from __future__ import annotations

#: In order: a step's index is its bit in `sessions.steps` and its number in `funnel_daily`.
FUNNEL = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase")


def steps_of(mask: int) -> list[str]:
    """Return the names of the steps in a mask."""
    return [name for bit, name in enumerate(FUNNEL) if mask & 1 << bit]
