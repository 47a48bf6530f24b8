"""The steps of the funnel."""

from __future__ import annotations

#: In order: a step's place is its bit in `sessions.steps` and its number in `funnel_daily`.
FUNNEL = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase")
