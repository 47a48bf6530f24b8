"""Clients of Kafka: producers, consumers, topics, searches in a log."""
