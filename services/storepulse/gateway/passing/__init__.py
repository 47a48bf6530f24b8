"""Reads and administration, passed on to the query service.

`query_service` asks and answers, `forwarded_headers` says which headers go along, `passages` how
many calls are on their way and which of them gives way.
"""
