"""Every stored number once more, from the events alone, in plain Python.

Independent of the agents on purpose: it imports nothing of the product but itself. Input are fresh
events, each once, in the order of their session; `comparison` holds PostgreSQL against what comes
out. docs/numbers.md says in words what is written here.

Whether a click is rage depends on when it was received and arrived, too. Hand in `received_at` by
event id where a crash may have torn a request apart, and `arrived_at`, the latest time of receipt
of the partition's clicks up to each, where times of receipt may go back within a partition.
"""
