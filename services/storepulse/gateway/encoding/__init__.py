"""Encode checked beacons as records for Kafka.

`enveloper` has the loop over a request's events. It uses `request_context` (values of the whole
request), `visits` (values of a session), `ids` (random and remembered ids), `avro_text` (strings in
Avro) and `encoded` (the result).
"""
