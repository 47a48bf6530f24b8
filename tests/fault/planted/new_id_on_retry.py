"""A client's second try of an event gets another id than its first."""

from __future__ import annotations

import uuid
from typing import Any

from storepulse import cli
from storepulse.gateway import enveloping

_sent_id = enveloping._sent_id
_seen: set[str] = set()


def sent_id(beacon: Any, namespace: bytes, *rest: Any) -> str | None:
    event_id = _sent_id(beacon, namespace, *rest)
    if event_id in _seen:
        return str(uuid.uuid4())
    if event_id is not None:
        _seen.add(event_id)
    return event_id


if __name__ == "__main__":
    enveloping._sent_id = sent_id
    cli.main()
