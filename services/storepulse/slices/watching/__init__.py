"""Monitoring of a running process, and how it reports its state.

- `lag`: how many records wait in each partition, according to the broker
- `backlog`: what waits in a group's partitions, judged by another process
- `watchdog`: measures lag and freshness, saves halts, and exits a process that makes no progress
- `kafka_probe`, `database_probe`: whether Kafka and PostgreSQL answer
- `health`: `/healthz`, `/readyz` and `/metrics`
"""
