"""Whether a running process does its work, and how it says so.

- `lag`: how many records wait in each partition, by what the broker says
- `backlog`: what waits in a group's partitions, judged by another process
- `watchdog`: measures lag and freshness, keeps halts, and leaves a process that no longer moves
- `kafka_probe`, `database_probe`: whether Kafka and PostgreSQL answer
- `health`: `/healthz`, `/readyz` and `/metrics`
"""
