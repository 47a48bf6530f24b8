"""The doors of servers: paths that take signed calls.

`signed_calls` checks what shops' servers sign with their store's secret, and API tokens in its
place; `shopify` what Shopify signs. A door lets a call in before anything of its body is read, and
says whose it is: a signature counts as a secret key of its store that sends events and nothing
else.
"""
