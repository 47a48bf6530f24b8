"""Kafka clients: producers, consumers, topics, searches in a log."""
