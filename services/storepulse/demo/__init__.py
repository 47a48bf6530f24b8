"""Realistic traffic for a running installation: shops, visitors, visits, and the client.

Everything that is sent is a function of (seed, start): the same two give the same ids, content
and expected numbers at any later moment. Only the public HTTP API is used, and of the product
only the domain is imported: what a shop's own program could know.
"""
