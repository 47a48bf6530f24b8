"""Whether a running process does its work, and how it says so.

- `lag`: how many records wait in each partition, by what the broker says
- `watchdog`: measures lag and freshness, keeps halts, and leaves a process that no longer moves
- `health`: `/healthz`, `/readyz` and `/metrics`
"""
