"""API keys and what they open.

`rules` decides (pure), `keys` stores keys in PostgreSQL, `key_table` has them in memory for the
processes that must answer without asking the database, `refusals` makes errors of denials.
"""
