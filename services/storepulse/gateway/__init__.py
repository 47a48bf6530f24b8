"""The gateway: takes events over HTTP, validates and publishes them, and answers after the broker.

The steps of a request with events, which is the hot path:

    admission      call_reader, rate_limits, key_checks: who calls, and whether they may
    collector      body (`bodies`), beacons (`decoding`), records (`encoding`), names (`names`)
    event_store    Kafka (`publishing`), else the disk (`spool`)
    responder      the answer (`answers`)

Everything else is ordinary Starlette: `application` has the gateway's own paths, `passing` those of
the query service. `server` wires it all.
"""
