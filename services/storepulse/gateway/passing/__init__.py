"""Reads and administrative calls that are passed on to the query service.

`query_service` makes the calls, `forwarded_headers` selects the headers, `passages` limits the
number of open calls and cuts off stalled ones.
"""
