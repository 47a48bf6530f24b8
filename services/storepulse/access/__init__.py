"""API keys and what they open.

`rules` decides (pure), `keys` stores keys in PostgreSQL; `key_table` and `store_table` have keys and
stores in memory for the processes that must answer without asking the database, `table_reader`
keeps them up to date; `refusals` makes errors of denials.
"""
