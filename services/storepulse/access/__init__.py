"""API keys and stores, and what keys open.

`rules` decides (pure). `keys` stores keys in PostgreSQL, `key_changes` and `store_changes` are what
administrators do with keys and stores, `audit` says who did. `key_table` and `store_table` have
both in memory for processes that must answer without asking the database, `table_reader` keeps them
up to date. `console_sessions` are those in which people use a key in a browser. `heatmap_pictures`
are pictures of pages. `refusals` makes errors of denials.
"""
