"""The gateway: takes beacons over HTTP, validates, publishes, answers after the broker.

The way of a request with events, which is the hot path:

    admission      call_reader, rate_limits, key_checks: who calls, and may it
    collector      body (`bodies`), beacons (`decoding`), records (`encoding`), names (`names`)
    event_store    Kafka (`publishing`), else the disk (`spool`)
    responder      the answer (`answers`)

What is not hot is ordinary Starlette: `application` has the gateway's own paths, `passing` those of
the query service. `server` wires it all.
"""
