"""The destinations' circuit breakers. They are stored in PostgreSQL; each process has a copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.delivery.attempts import EndedAttempt
from storepulse.delivery.connections import Connection
from storepulse.destinations.rules.breaker import FAILURE, Breaker

_SQL = named_sql("delivery/outcomes")
_CLOSED = Breaker()
#: Characters of an error that are kept with the breaker.
MOST_CHARACTERS = 500


class Breakers:
    """This process's copy of the breakers."""

    def __init__(self) -> None:
        self._by_destination: dict[str, Breaker] = {}

    def of(self, destination_id: str) -> Breaker:
        """The breaker of a destination; a closed one if none is known."""
        return self._by_destination.get(destination_id, _CLOSED)

    def learn(self, breakers: Mapping[str, Breaker]) -> None:
        """Updates the copy with breakers read from PostgreSQL."""
        self._by_destination.update(breakers)

    async def record(
        self, connection: Connection, ended: Sequence[EndedAttempt], now: datetime
    ) -> dict[str, Breaker]:
        """Adds outcomes inside a transaction. Call `learn` with the result after the commit."""
        by_destination: dict[str, list[EndedAttempt]] = {}
        for attempt in ended:
            by_destination.setdefault(attempt.destination.destination_id, []).append(attempt)
        destination_ids = [
            d for d, attempts in by_destination.items() if not self._changes_nothing(d, attempts)
        ]
        if not destination_ids:
            return {}
        terms = {"destination_ids": destination_ids, "now": now}
        await connection.execute(_SQL["insert_breakers"], terms)
        rows = await (await connection.execute(_SQL["lock_breakers"], terms)).fetchall()
        breakers: dict[str, Breaker] = {}
        for destination_id, *fields in rows:
            before = Breaker(*fields)
            after = _breaker_after(before, by_destination[destination_id], now)
            breakers[destination_id] = after
            if after != before:
                await connection.execute(
                    _SQL["update_breaker"],
                    {
                        "destination_id": destination_id,
                        "state": after.state,
                        "recent": after.recent,
                        "opened": after.opened,
                        "probe_at": after.probe_at,
                        "probe_until": after.probe_until,
                        "account_fault": after.account_fault,
                        "now": now,
                    },
                )
        return breakers

    def _changes_nothing(self, destination_id: str, attempts: Sequence[EndedAttempt]) -> bool:
        """Whether these outcomes cannot change the breaker: only successes, before and now."""
        breaker = self._by_destination.get(destination_id)
        return (
            breaker is not None
            and breaker.state == "closed"
            and FAILURE not in breaker.recent
            and all(attempt.outcome.verdict == "delivered" for attempt in attempts)
        )


def _breaker_after(breaker: Breaker, attempts: Sequence[EndedAttempt], now: datetime) -> Breaker:
    """The breaker after these attempts. A refusal counts as success: the receiver answered."""
    if breaker.state == "probing":
        # Requests from before the breaker opened say nothing about the destination's state now.
        attempts = [attempt for attempt in attempts if attempt.claim.probe]
        if any(not _says_something(attempt) for attempt in attempts):
            return replace(breaker, state="open", probe_at=now, probe_until=None)
    telling = [a for a in attempts if _says_something(a) and a.outcome.verdict != "gone"]
    after = breaker.with_outcomes([a.outcome.verdict != "retry" for a in telling], now)
    for attempt in telling:
        if attempt.outcome.verdict != "retry":
            # While the breaker is open, a late success does not clear the account fault.
            is_well = after.state == "closed"
            after = replace(after, account_fault="") if is_well else after
        elif attempt.outcome.fault == "account":
            after = replace(after, account_fault=attempt.error[:MOST_CHARACTERS])
    return after


def _says_something(attempt: EndedAttempt) -> bool:
    """Whether a request was made and its outcome is about the destination."""
    return attempt.requested and attempt.outcome.fault != "source"
