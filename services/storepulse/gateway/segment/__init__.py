"""Segment's HTTP tracking API: its calls become events of our streams.

`calls` reads a request, `messages` tells which beacon of which stream a message is, with the help
of `people` (who and when) and `commerce` (products, amounts, orders); `batches` holds the beacons
of one stream. All of it is pure.
"""
