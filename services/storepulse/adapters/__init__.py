"""Kafka, Faust, PostgreSQL, metrics, logs and settings: everything that touches the world."""
