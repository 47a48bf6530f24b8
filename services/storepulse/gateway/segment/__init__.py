"""Segment's HTTP tracking API: its calls become events of our streams.

`calls` parses a request, `messages` maps a message to a beacon of a stream, using `people` (person,
time, session) and `commerce` (products, amounts, orders); `batches` holds the beacons of one
stream. All modules are pure.
"""
