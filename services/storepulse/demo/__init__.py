"""Realistic traffic for a running installation: shops, visitors, visits, and the client.

Everything that is sent is a function of (seed, start): the same values give the same ids, content
and expected numbers at any later time. The demo uses the public HTTP API; only the scene
`phone_orders` writes to Kafka.
"""
