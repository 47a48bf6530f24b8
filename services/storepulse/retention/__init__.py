"""Retention: removes finished deliveries, closed dead letters and other rows that are old.

- `removals`: every table that rows are removed from
- `rules`: pure functions: the limits
- `runs`: a run, one at a time, group by group
- `removed_deliveries`: tells backfills which deliveries were removed
"""
