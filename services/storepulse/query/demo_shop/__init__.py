"""The demo shop's server: a small fashion shop at `/demo`, on machines where `up` runs the
services.

It works like any other shop: its pages send to the gateway with a publishable key, its server with
a secret key of the shop's own store, and it reads figures through the API. Only its store, keys and
experiment are created for it, by `opening.py`.
"""
