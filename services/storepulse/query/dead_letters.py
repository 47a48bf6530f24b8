"""`/api/dead-letters…`: what could not be processed, why, and the way back.

Reads go through the read-only pool; what changes letters has its own few connections. A key that is
tied to a store sees and changes the letters of that store alone; letters of which no store is known
are for keys without one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.postgres.writing_pool import Connection
from storepulse.contracts.topics import load_catalog
from storepulse.dead_letters import index
from storepulse.dead_letters.documents import (
    action_document,
    full_document,
    group_document,
    letter_document,
)
from storepulse.dead_letters.patch import patch_of
from storepulse.dead_letters.reprocessing import Order, Replay
from storepulse.dead_letters.requeue import target_named
from storepulse.domain.errors import Rejected
from storepulse.query import pages
from storepulse.query.access import Reader
from storepulse.query.app_state import CanOperate, database, settings, writes
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.dead_letter_models import (
    DiscardAnswer,
    DiscardRequest,
    DiscardResult,
    GroupsAnswer,
    GroupSummary,
    LetterAnswer,
    LetterDetail,
    LetterPage,
    LetterSummary,
    ListedFilter,
    ReopenAnswer,
    ReopenRequest,
    ReplayAnswer,
    ReplayRequest,
    ReplayResult,
    ShownFilter,
)
from storepulse.query.errors import error_responses_of

router = APIRouter(
    route_class=CheckedRoute,
    tags=["dead letters"],
    responses=error_responses_of(400, 401, 403, 503),
)


@router.get("/api/dead-letters")
async def dead_letters(
    request: Request, reader: CanOperate, query: Annotated[ListedFilter, Query()]
) -> LetterPage:
    """Dead letters, newest first."""
    before = pages.position("dead-letters", query.cursor, 1) if query.cursor else None
    rows = await database(request).rows(
        index.statements()["page"],
        query.selection(reader, query.status).parameters
        | {
            "before": before and before.at,
            "before_id": before and before.ids[0],
            "count": query.limit + 1,
        },
    )
    letters = [index.Letter(**row) for row in rows[: query.limit]]
    following = None
    if len(rows) > query.limit:
        last = letters[-1]
        place = pages.Position(last.created_at, (str(last.dead_letter_id),))
        following = pages.cursor("dead-letters", place)
    data = [LetterSummary.model_validate(letter_document(letter)) for letter in letters]
    return LetterPage(data=data, next_cursor=following)


@router.get("/api/dead-letters/groups")
async def dead_letter_groups(
    request: Request, reader: CanOperate, query: Annotated[ShownFilter, Query()]
) -> GroupsAnswer:
    """Dead letters by stream, stage and reason, with counts, first and last time."""
    rows = await database(request).rows(
        index.statements()["groups"], query.selection(reader, query.status).parameters
    )
    groups = [group_document(index.Group(**row)) for row in rows]
    return GroupsAnswer(data=[GroupSummary.model_validate(group) for group in groups])


@router.get("/api/dead-letters/{dead_letter_id}", responses=error_responses_of(404))
async def dead_letter(
    request: Request,
    reader: CanOperate,
    dead_letter_id: UUID,
    raw: Annotated[bool, Query(description="The original bytes too")] = False,
) -> LetterAnswer:
    """One dead letter: its event decoded, why it is here, where it came from, its trail."""
    reads, asked = database(request), {"dead_letter_id": dead_letter_id}
    found = await reads.rows(index.statements()["letter"], asked)
    if not found or (reader.store_id is not None and found[0]["store_id"] != reader.store_id):
        raise RequestRefused(404, f"There is no dead letter {dead_letter_id}", "NOT_FOUND")
    trail = await reads.rows(index.statements()["actions"], asked)
    known = load_catalog(settings(request).topic_prefix)
    document = full_document(index.Letter(**found[0]), known, raw=raw)
    document["trail"] = [action_document(index.Action(**row)) for row in trail]
    return LetterAnswer(data=LetterDetail.model_validate(document))


@router.post("/api/dead-letters/replay")
async def replay_dead_letters(
    request: Request, reader: CanOperate, body: ReplayRequest
) -> ReplayAnswer:
    """Send letters through again with the same event ids; answered when the broker has them.

    At most 1,000 a request: ask again for the rest. Asking twice does no harm.
    """
    selection = body.selection(reader)
    patch = None if body.patch is None else patch_of(body.patch)

    def work(connection: Connection) -> ReplayResult:
        target = None
        if body.to_destination is not None:
            target = target_named(connection, body.to_destination)
            if reader.store_id not in (None, target.store_id):
                raise Rejected("to_destination", f"there is no destination {body.to_destination}")
        order = Order(selection, reader.name, patch, target, body.max)
        run = Replay(settings(request), connection, order, _now)
        tally = run.rehearse() if body.dry_run else run.run()
        left = [one for one in body.ids or () if one not in tally.named()]
        return ReplayResult(
            dry_run=body.dry_run,
            sent=len(tally.sent),
            queued=len(tally.queued),
            delivered_before=len(tally.delivered_before),
            refused={str(one): reason for one, reason in tally.refused.items()},
            skipped=_skipped(connection, left[: body.max - tally.seen], reader),
        )

    return ReplayAnswer(data=await writes(request).run(work))


@router.post("/api/dead-letters/discard")
async def discard_dead_letters(
    request: Request, reader: CanOperate, body: DiscardRequest
) -> DiscardAnswer:
    """Close letters without a replay. They can be reopened."""
    selection = body.selection(reader)

    def work(connection: Connection) -> DiscardResult:
        if body.dry_run:
            found = index.count(connection, selection, _now()).discardable
            return DiscardResult(dry_run=True, discarded=found, skipped={})
        closed = index.discard(connection, selection, why=body.why, actor=reader.name, now=_now())
        left = [one for one in body.ids or () if one not in set(closed)]
        return DiscardResult(
            dry_run=False, discarded=len(closed), skipped=_skipped(connection, left, reader)
        )

    return DiscardAnswer(data=await writes(request).run(work))


@router.post("/api/dead-letters/reopen")
async def reopen_dead_letter(
    request: Request, reader: CanOperate, body: ReopenRequest
) -> ReopenAnswer:
    """Open a letter that was discarded, resolved or quarantined."""

    def work(connection: Connection) -> None:
        index.reopen(
            connection,
            body.id,
            why=body.why,
            actor=reader.name,
            now=_now(),
            store_id=reader.store_id,
        )

    await writes(request).run(work)
    return ReopenAnswer(id=body.id)


def _skipped(connection: Connection, ids: list[UUID], reader: Reader) -> dict[str, str]:
    if not ids:
        return {}
    said = index.states(connection, ids, store_id=reader.store_id)
    return {str(one): state for one, state in zip(ids, said, strict=True)}


def _now() -> datetime:
    return datetime.now(UTC)
