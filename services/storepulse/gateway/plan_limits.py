"""Apply plan limits to a request: refuse events and warn the sender.

A refused sender keeps its events and sends them again, as after 429. A store's figures are not
public: holders of a publishable key see neither the usage nor the limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from storepulse.adapters.http.errors import RequestRefused, retry_after
from storepulse.domain.errors import Rejected
from storepulse.domain.plans import ReachedLimit
from storepulse.gateway.call import Call

CODE = "PLAN_LIMIT"
#: The header of answers to stores that have reached a limit.
WARNING_HEADER = "Storepulse-Plan-Warning"
DOCUMENTATION = "docs/plans.md"
#: Our clients keep their events on this status.
PAYMENT_REQUIRED = 402
#: The maximum number of limits in a header.
_MOST_NAMED = 10


class PlanLimited(Rejected):
    """A hard limit stops an event at `now`, seconds since 1970; it may be sent again later."""

    def __init__(self, limit: ReachedLimit, now: float) -> None:
        super().__init__(
            "", f"{_sentence(limit)}; keep the event and send it again after Retry-After"
        )
        self.limit, self.now = limit, now


def refusal_of_limit(
    limited: PlanLimited, call: Call, status: int = PAYMENT_REQUIRED
) -> RequestRefused:
    """The refusal with the limit and the end of its period.

    `status` is the one that makes the sender keep its events.
    """
    limit, now = limited.limit, limited.now
    details = {
        "meter": limit.meter,
        "plan": limit.plan,
        **({"limit": f"{limit.amount:f}", "used": f"{limit.used:f}"} if _may_see(call) else {}),
        "periodEndsAt": _instant_text(limit.ends_at),
        "documentation": DOCUMENTATION,
    }
    message = (
        f"{_sentence(limit)}. Keep the events and send them again after Retry-After, or have the"
        " store's plan raised"
    )
    headers = (retry_after(limit.retry_seconds(now)),)
    return RequestRefused(status, message, CODE, headers=headers, details=details)


def warning_line(limits: Iterable[ReachedLimit], now: float, call: Call) -> str:
    """The header line with the store's reached limits, hard ones first; "" if none applies now.

    A list of structured field values (RFC 9651): `"event";level=soft;reset=86400`.
    """
    counting = sorted(
        (limit for limit in limits if limit.counts_at(now)),
        key=lambda limit: (limit.level != "hard", limit.meter),
    )
    if not counting:
        return ""
    sees = _may_see(call)
    members = (
        f'"{limit.meter}";level={limit.level}'
        + (f';used="{limit.used:f}";limit="{limit.amount:f}"' if sees else "")
        + f";reset={int(limit.ends_at - now)}"
        for limit in counting[:_MOST_NAMED]
    )
    return f"{WARNING_HEADER.lower()}: {', '.join(members)}\r\n"


def _may_see(call: Call) -> bool:
    return call.api_key is None or call.api_key.kind == "secret"


def _sentence(limit: ReachedLimit) -> str:
    until = _instant_text(limit.ends_at)
    return f"The store's plan allows no more of the meter {limit.meter} until {until}"


def _instant_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
