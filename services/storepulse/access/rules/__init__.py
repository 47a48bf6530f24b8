"""Who may call what. Pure.

`needs` defines what routes may require and checks keys, `routes` lists every route with what it
requires, `loopback` decides whether a call comes from this machine, `signing_in` has the rules of
console sessions, `administration` those of stores and keys, `origins` normalizes origins of pages.
"""
