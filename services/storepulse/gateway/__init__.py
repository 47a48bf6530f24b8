"""The gateway: takes beacons over HTTP, validates, publishes, answers after the broker.

The hot path: `protocol` reads requests off the socket, `collector` serves them, `publisher` talks
to Kafka, `exchange` takes the answer. What is not hot is ordinary Starlette (`plain`). `server`
wires it all.
"""
