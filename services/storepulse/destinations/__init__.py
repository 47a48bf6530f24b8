"""Destinations: where events are sent. The process that sends them is `delivery`.

- `kinds`: webhook, Google Analytics, Meta, image archive: how each makes and sends a request
- `rules`: pure functions: matching, payloads, retries, the breaker, the meaning of answers
- `table`: declares, reads, changes and removes destinations
- `http`: the client, which connects to judged addresses only
- `secrets`: how secrets are stored
- `trial_event`: one example event, sent without the queue
"""
