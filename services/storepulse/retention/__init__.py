"""What is removed when it is old: finished deliveries, closed dead letters, and what is kept for a
while.

- `removals`: every table of which rows go
- `rules`: pure: how old is too old
- `runs`: one run, one at a time, group by group
- `removed_deliveries`: what a backfill must know about what is gone
"""
