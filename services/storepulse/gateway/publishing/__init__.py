"""The gateway's use of Kafka.

`publisher` hands records to librdkafka and counts acknowledgements, `pending_request` is one
request's records in flight, `broker_watch` tracks whether the broker takes writes, `gathering`
determines how long records gather before they are sent together.
"""
