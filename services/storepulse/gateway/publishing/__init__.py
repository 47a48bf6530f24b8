"""Kafka as the gateway uses it.

`publisher` hands records to librdkafka and counts what is acknowledged, `pending_request` is one
request's records on their way, `broker_watch` knows whether the broker takes writes, `gathering`
says how long records gather before they are sent together.
"""
