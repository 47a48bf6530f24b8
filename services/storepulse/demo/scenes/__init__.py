"""Scenes that a run plays beside the visits, of what the product tells of its own accord.

`plan`: a shop reaches the limits of its plan, is refused, and sends again when the plan is raised.
`carts`: visitors of a shop of its own leave carts behind, which must be told as abandoned.
`experiment`: visitors of another one are shown the variants of a test, with a lift that is known.
`broken_button`: carts of a third one fall, and every page of the console says a part of why.
`phone_orders`: orders of the same shop that another program wrote wrongly, as dead letters.

Ids and content are a function of (seed, start), as of all that is sent; the times of plan and carts
are those of the run, since a plan's month is that of now, and only a new cart can be abandoned. A
run repeated with its seed plays them again, and changes no figure.
"""
