"""API keys and stores, and what keys grant.

- `rules`: decisions (pure)
- `keys`: keys in PostgreSQL
- `key_changes`, `store_changes`, `store_secrets`, `plan_changes`: administrators' changes
- `audit`: the trail of changes
- `key_table`, `store_table`, `secret_table`, `limit_table`: state in memory, for processes that
  must answer without a query to the database
- `table_reader`: keeps these up to date
- `console_sessions`: sessions that use a key in a browser
- `heatmap_pictures`, `overlays`: pictures of pages, and links to heatmaps on live pages
- `limit_use`: a store's usage of its plan
- `refusals`: errors for denials
"""
