"""The demo shop's server: a small fashion shop at `/demo`, where `up` runs the services.

It is a shop like any other: its pages send to the gateway with a publishable key, and its server
with a secret one of its own store; it reads figures through the API. What it is given beyond that
is its store, its keys and its experiment, which `opening.py` makes.
"""
