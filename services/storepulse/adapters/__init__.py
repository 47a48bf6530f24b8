"""Kafka, PostgreSQL, HTTP, metrics, logs and settings: everything with I/O."""
