"""Computes every stored number from the events alone, in plain Python.

It is deliberately independent of the agents, and imports nothing else of the product. The input is
fresh events, each once, in the order of their session; `comparison` compares PostgreSQL with the
output. docs/numbers.md describes the same rules in words.

Whether a click is a rage click also depends on when it arrived. If bursts may be torn apart, pass
`arrived_at` by event id: the latest time of receipt of the partition's clicks up to each.
"""
