"""Derived events: events that the agents create.

In activity they are custom events of source `server`, which requires a secret key, with one of
these names. They count as events, but not as visitors' actions: they create no session, visitor or
customer. In usage they are the events of a meter that nobody else may report.
"""

from __future__ import annotations

CART_ABANDONED, CHECKOUT_ABANDONED = "cart_abandoned", "checkout_abandoned"
DERIVED_NAMES = (CART_ABANDONED, CHECKOUT_ABANDONED)
#: The stream of these names.
DERIVED_STREAM = "activity"
