"""Scenes that a run plays beside the visits, for events and results that the product creates.

- `plan`: a shop reaches the limits of its plan, is refused, and sends again after a raise
- `carts`: visitors of a separate shop leave carts, which must be reported as abandoned
- `experiment`: visitors of another shop see the variants of a test with a known lift
- `broken_button`: carts of a third shop drop, and every page of the console shows a part of the
  cause
- `phone_orders`: invalid orders of the same shop, written by another program, as dead letters

Ids and content are a function of (seed, start), like everything that is sent. The times of plan and
carts are those of the run, because a plan counts the current month and only a new cart can be
abandoned. A run repeated with its seed plays the scenes again and changes no figure.
"""
