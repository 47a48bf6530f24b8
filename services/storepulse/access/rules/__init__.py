"""Who may call what. Pure.

`needs` says what a route may want and judges a key by it, `routes` lists every route with what it
wants, `loopback` tells whether a call comes from this machine.
"""
