"""Every stored number once more, from the events alone, in plain Python.

Independent of the agents on purpose: it imports nothing of the product but itself. Input are fresh
events, each once, in the order of their session; `comparison` holds PostgreSQL against what comes
out. docs/numbers.md says in words what is written here.

Whether a click is rage depends on when it arrived, too. Where bursts may be torn apart, hand in
`arrived_at` by event id: the latest time of receipt of the partition's clicks up to each.
"""
