"""Where events are sent: everything about destinations that is not a process.

- `kinds`: webhook, Google Analytics, Meta, image archive: how each makes and sends a request
- `rules`: pure: what a destination wants, payloads, retries, the breaker, what an answer means
- `table`: destinations as they are declared, read, changed and removed
- `http`: the client, which connects to judged addresses alone
- `secrets`: how secrets are stored
- `trial_event`: one example event, sent past the queue
"""
