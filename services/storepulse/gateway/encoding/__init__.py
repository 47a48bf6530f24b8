"""From checked beacons to records for Kafka.

`enveloper` has the loop over a request's events. What it needs besides: `request_context` what one
request says about all its events, `visits` what the events of one session share, `ids` random and
remembered ids, `stream_traits` what one stream alone has, `encoded` the result.
"""
