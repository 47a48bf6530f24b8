"""The refusal of a call of which no event is taken."""

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
    """402 where some events may be sent again, since a sender keeps a batch or drops it (429 on
    Segment's paths); else 400 for the first. All are named. `listed`: the body's name for the list;
    None where the body is one event, which is not named."""
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
