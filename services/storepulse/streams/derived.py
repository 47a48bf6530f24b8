"""Derived events: what the agents themselves tell.

Of activity they are custom events of source `server`, which a secret key alone may state, with one
of these names. They count as events, and as nothing that a visitor did: no session, visitor or
customer is made of them. Of usage they are those of a meter that nobody else reports.
"""

from __future__ import annotations

CART_ABANDONED, CHECKOUT_ABANDONED = "cart_abandoned", "checkout_abandoned"
DERIVED_NAMES = (CART_ABANDONED, CHECKOUT_ABANDONED)
#: The stream that they are of.
DERIVED_STREAM = "activity"
