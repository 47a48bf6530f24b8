"""Writes outcomes in one transaction: batches, rows, attempts, dead letters and breakers.

If another process has claimed a batch meanwhile, only the attempt itself is recorded. The
transaction is idempotent: a repeat after a commit whose answer was lost changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.array_text import array_text
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.dead_letters.outcomes import discard_undeliverable, resolve_sent
from storepulse.delivery.attempts import EndedAttempt
from storepulse.delivery.breakers import Breakers
from storepulse.delivery.connections import Connection
from storepulse.delivery.purchase_claims import settle_purchases
from storepulse.delivery.undelivered import Undelivered
from storepulse.destinations.rules.breaker import Breaker
from storepulse.destinations.rules.settlement import BatchPart

_SQL = named_sql("delivery/outcomes")
_MARK_MEMBERS = named_sql("delivery/queue")["mark_members"]


@dataclass
class Written:
    """What a transaction stored: the attempts of batches still owned, and the changed breakers."""

    ended: list[EndedAttempt] = field(default_factory=list)
    breakers: dict[str, Breaker] = field(default_factory=dict)


async def write(
    connection: Connection,
    ended: Sequence[EndedAttempt],
    owner: str,
    breakers: Breakers,
    undelivered: Undelivered,
    now: datetime,
) -> Written:
    """Stores outcomes inside the connection's transaction.

    Raises psycopg.Error and Transient, and FatalProducer if the process must end.
    """
    cursor = await connection.execute(_SQL["lock_held"], {"batch_ids": _ids(ended), "owner": owner})
    members_by_batch: dict[str, bool] = dict(await cursor.fetchall())
    ours = [e for e in ended if e.claim.batch_id in members_by_batch]
    ours = await settle_purchases(connection, ours)
    written = Written(ours)
    await _insert_attempts(connection, [e for e in ended if e.requested])
    if ours:
        with_members = [e for e in ours if members_by_batch[e.claim.batch_id]]
        sent_at_once = await _mark_members(connection, with_members, now)
        letters = await undelivered.write(connection, ours, now)
        await _mark_events(connection, ours, letters, now)
        await _close_letters_of_left_out(connection, ours, now)
        await _divide(connection, [e for e in ours if e.settlement.parts], now)
        await _mark_sent(connection, [e for e in ours if e.claim.batch_id not in sent_at_once], now)
        await _close_letters_of_sent(connection, ours, now)
        await _reschedule(connection, ours)
        await _disable(connection, ours, now)
        await _insert_images(connection, ours, now)
        written.breakers = await breakers.record(connection, ours, now)
        if letters:
            await undelivered.wait()
    reach("delivery.before_outcome_commit")
    return written


def _ids(ended: Sequence[EndedAttempt]) -> str:
    return array_text(e.claim.batch_id for e in ended)


async def _insert_attempts(connection: Connection, ended: Sequence[EndedAttempt]) -> None:
    if not ended:
        return
    await connection.execute(
        _SQL["insert_attempts"],
        {
            "batch_ids": _ids(ended),
            "attempts": array_text(e.claim.failures + 1 for e in ended),
            "ended": array_text(e.at for e in ended),
            "seconds": array_text(e.outcome.seconds for e in ended),
            "outcomes": array_text(e.outcome.verdict for e in ended),
            "statuses": array_text(e.outcome.status for e in ended),
            "errors": [e.error for e in ended],
        },
    )


async def _mark_members(
    connection: Connection, with_members: Sequence[EndedAttempt], now: datetime
) -> frozenset[str]:
    """Writes batch ids into rows that batches only name. Returns the batches whose rows were all
    marked as sent by the same statement."""
    sent_at_once = [
        e for e in with_members if e.settlement.batch == "finished" and not _has_mixed_ends(e)
    ]
    if sent_at_once:
        times = [row.received_at for e in sent_at_once for row in e.claim.rows]
        await connection.execute(
            _SQL["mark_members_sent"],
            {**_sent_columns(sent_at_once), "first": min(times), "last": max(times), "now": now},
        )
    ids = frozenset(e.claim.batch_id for e in sent_at_once)
    others = [e for e in with_members if e.claim.batch_id not in ids]
    if others:
        await connection.execute(_MARK_MEMBERS, {"batch_ids": _ids(others)})
    return ids


def _has_mixed_ends(e: EndedAttempt) -> bool:
    """Whether events of the batch have different outcomes."""
    return any((e.settlement.failed, e.settlement.left_out, e.settlement.sent, e.settlement.parts))


def _sent_columns(ended: Sequence[EndedAttempt]) -> dict[str, Any]:
    return {
        "batch_ids": _ids(ended),
        "attempts": array_text(e.settlement.attempts for e in ended),
        "statuses": array_text(e.outcome.status for e in ended),
    }


async def _mark_events(
    connection: Connection,
    ended: Sequence[EndedAttempt],
    letters: dict[tuple[str, str], Any],
    now: datetime,
) -> None:
    """Update the rows whose outcome differs from their batch's."""
    rows: list[tuple[Any, ...]] = []
    for e in ended:
        batch_id, s, status = e.claim.batch_id, e.settlement, e.outcome.status
        for event_id, reason in s.failed.items():
            why = f"{reason}: {e.error}" if e.error else reason
            letter = letters.get((batch_id, event_id))
            rows.append((batch_id, event_id, "failed", s.attempts, status, why, letter, None))
        for event_id, reason in s.left_out.items():
            order = e.purchases[event_id].orders[0].order_id if event_id in e.repeats else None
            rows.append((batch_id, event_id, "skipped", s.attempts, status, reason, None, order))
        rows += [
            (batch_id, event_id, "sent", s.attempts, status, "", None, None) for event_id in s.sent
        ]
    if not rows:
        return
    names = (
        *("batch_ids", "event_ids", "states", "attempts", "statuses", "errors", "letters"),
        "orders",
    )
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    await connection.execute(_SQL["mark_events"], {**columns, "now": now})


async def _close_letters_of_left_out(
    connection: Connection, ended: Sequence[EndedAttempt], now: datetime
) -> None:
    """Discard the letters of replayed events that the destination may not get any more."""
    for e in ended:
        if not any(row.returns for row in e.claim.rows):
            continue
        for event_id, reason in e.settlement.left_out.items():
            event = {"batch_id": e.claim.batch_id, "event_id": event_id}
            cursor = await connection.execute(_SQL["letters_of_event"], event)
            letters = [row[0] for row in await cursor.fetchall()]
            await discard_undeliverable(connection, letters, reason, now)


async def _divide(connection: Connection, ended: Sequence[EndedAttempt], now: datetime) -> None:
    if not ended:
        return
    parts = [(e, part) for e in ended for part in e.settlement.parts]
    batches = [(e, part) for e, part in parts if part.batch_id is not None]
    await connection.execute(
        _SQL["insert_parts"],
        {
            "batch_ids": [part.batch_id for _, part in batches],
            "destination_ids": [e.destination.destination_id for e, _ in batches],
            "parent_ids": [e.claim.batch_id for e, _ in batches],
            "events": [len(part.events) for _, part in batches],
            "sizes": [_size(e, part) for e, part in batches],
            "now": now,
        },
    )
    moves = [(e.claim.batch_id, event, p.batch_id) for e, p in parts for event in p.events]
    parents, events, to = map(list, zip(*moves, strict=True))
    await connection.execute(
        _SQL["move_to_parts"], {"parent_ids": parents, "event_ids": events, "part_ids": to}
    )


def _size(e: EndedAttempt, part: BatchPart) -> int:
    events = set(part.events)
    return sum(len(row.value) for row in e.claim.rows if row.event_id in events)


async def _mark_sent(connection: Connection, ended: Sequence[EndedAttempt], now: datetime) -> None:
    finished = [e for e in ended if e.settlement.batch == "finished"]
    if finished:
        await connection.execute(_SQL["mark_sent"], {**_sent_columns(finished), "now": now})


async def _close_letters_of_sent(
    connection: Connection, ended: Sequence[EndedAttempt], now: datetime
) -> None:
    returned = [e.claim.batch_id for e in ended if any(row.returns for row in e.claim.rows)]
    if returned:
        cursor = await connection.execute(_SQL["letters_of_sent"], {"batch_ids": returned})
        letters = [row[0] for row in await cursor.fetchall()]
        await resolve_sent(connection, letters, now)


async def _reschedule(connection: Connection, ended: Sequence[EndedAttempt]) -> None:
    done = ("finished", "divided")
    await connection.execute(
        _SQL["reschedule"],
        {
            "batch_ids": _ids(ended),
            "states": array_text(
                "done" if e.settlement.batch in done else "pending" for e in ended
            ),
            "attempts": array_text(e.settlement.attempts for e in ended),
            "due": array_text(e.settlement.due_at for e in ended),
            "ended": array_text(e.at for e in ended),
            "statuses": array_text(e.outcome.status for e in ended),
            "errors": [e.error for e in ended],
        },
    )


async def _disable(connection: Connection, ended: Sequence[EndedAttempt], now: datetime) -> None:
    refusing = {e.destination.destination_id: e for e in ended if e.settlement.batch == "disabled"}
    for destination_id, e in sorted(refusing.items()):
        reason = f"the receiver does not accept events any more: {e.error}"
        await connection.execute(
            _SQL["disable"], {"destination_id": destination_id, "reason": reason, "now": now}
        )


async def _insert_images(
    connection: Connection, ended: Sequence[EndedAttempt], now: datetime
) -> None:
    images = [{**asdict(image), "now": now} for e in ended for image in e.outcome.archived]
    if images:
        await connection.cursor().executemany(_SQL["insert_images"], images)
