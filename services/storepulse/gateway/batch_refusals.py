"""The refusal of a call if none of its events is accepted."""

from __future__ import annotations

from collections.abc import Iterable

from storepulse.adapters.http.errors import RequestRefused, refusal_of_error
from storepulse.domain.errors import Rejected
from storepulse.gateway import answers
from storepulse.gateway.call import Call
from storepulse.gateway.decoding import BadEvent
from storepulse.gateway.encoding.encoded import EncodedEvents
from storepulse.gateway.endpoints import Endpoint
from storepulse.gateway.plan_limits import PlanLimited, refusal_of_limit


def refusal_of_all(
    endpoint: Endpoint,
    bad: list[BadEvent],
    parts: Iterable[EncodedEvents],
    call: Call,
    listed: str | None = "events",
) -> RequestRefused:
    """Refuse a call and name all its bad events.

    402 (429 on Segment's paths) if some events may be sent again, because a sender keeps or drops a
    batch as a whole; else 400 for the first. `listed`: the list's name in the body; None if the
    body is a single event, which is not named.
    """
    limited = [e for part in parts for _, e in part.refused if isinstance(e, PlanLimited)]
    if limited:
        refusal = refusal_of_limit(limited[0], call, endpoint.limited_status)
    else:
        first = bad[0]
        path = first.field
        if listed is not None:
            path = f"{listed}[{first.index}]" + (f".{path}" if path else "")
        refusal = refusal_of_error(Rejected(path, first.reason))
    if listed is not None:
        refusal.rejected = answers.names_of(bad)
    return refusal
