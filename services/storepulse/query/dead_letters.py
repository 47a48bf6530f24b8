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
from storepulse.adapters.postgres.sessions import Connection
from storepulse.contracts.topics import load_catalog
from storepulse.dead_letters import closing, index
from storepulse.dead_letters.documents import (
    document_of_action,
    document_of_group,
    document_of_letter,
    full_document_of,
)
from storepulse.dead_letters.letter import Letter
from storepulse.dead_letters.patch import patch_of
from storepulse.dead_letters.replay import ReplayRun
from storepulse.dead_letters.replay_order import ReplayOrder
from storepulse.dead_letters.requeue import find_target
from storepulse.domain.errors import Rejected
from storepulse.query import pages
from storepulse.query.access import Reader
from storepulse.query.app_state import CanOperate, database, settings, writes
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.dead_letter_answers import (
    DiscardAnswer,
    DiscardResult,
    GroupsAnswer,
    GroupSummary,
    LetterAnswer,
    LetterDetail,
    LetterPage,
    LetterSummary,
    ReopenAnswer,
    ReplayAnswer,
    ReplayResult,
)
from storepulse.query.dead_letter_requests import (
    DiscardRequest,
    ListedFilter,
    ReopenRequest,
    ReplayRequest,
    ShownFilter,
)
from storepulse.query.errors import error_responses_of

router = APIRouter(
    route_class=CheckedRoute,
    tags=["dead letters"],
    responses=error_responses_of(400, 401, 403, 503),
)


@router.get("/api/dead-letters")
async def list_dead_letters(
    request: Request, reader: CanOperate, query: Annotated[ListedFilter, Query()]
) -> LetterPage:
    """Dead letters, newest first."""
    selection = query.selection(reader, query.status)
    listing = pages.listing_of("dead-letters", selection.store_id)
    before = pages.position_of(listing, query.cursor, 1) if query.cursor else None
    rows = await database(request).rows(
        index.STATEMENTS["page"],
        selection.parameters
        | {
            "before": before and before.at,
            "before_id": before and before.ids[0],
            "count": query.limit + 1,
        },
    )
    letters = [Letter(**row) for row in rows[: query.limit]]
    next_cursor = None
    if len(rows) > query.limit:
        last = letters[-1]
        position = pages.Position(last.created_at, (str(last.dead_letter_id),))
        next_cursor = pages.cursor_of(listing, position)
    data = [LetterSummary.model_validate(document_of_letter(letter)) for letter in letters]
    return LetterPage(data=data, next_cursor=next_cursor)


@router.get("/api/dead-letters/groups")
async def list_dead_letter_groups(
    request: Request, reader: CanOperate, query: Annotated[ShownFilter, Query()]
) -> GroupsAnswer:
    """Dead letters by stream, stage and reason, with counts, first and last time."""
    rows = await database(request).rows(
        index.STATEMENTS["groups"], query.selection(reader, query.status).parameters
    )
    groups = [document_of_group(index.LetterGroup(**row)) for row in rows]
    return GroupsAnswer(data=[GroupSummary.model_validate(group) for group in groups])


@router.get("/api/dead-letters/{dead_letter_id}", responses=error_responses_of(404))
async def get_dead_letter(
    request: Request,
    reader: CanOperate,
    dead_letter_id: UUID,
    raw: Annotated[bool, Query(description="The original bytes too")] = False,
) -> LetterAnswer:
    """One dead letter: its event decoded, why it is here, where it came from, its trail."""
    reads, parameters = database(request), {"dead_letter_id": dead_letter_id}
    rows = await reads.rows(index.STATEMENTS["letter"], parameters)
    if not rows or (reader.store_id is not None and rows[0]["store_id"] != reader.store_id):
        raise RequestRefused(404, f"There is no dead letter {dead_letter_id}", "NOT_FOUND")
    trail = await reads.rows(index.STATEMENTS["trail"], parameters)
    catalog = load_catalog(settings(request).topic_prefix)
    document = full_document_of(Letter(**rows[0]), catalog, raw=raw)
    document["trail"] = [document_of_action(index.Action(**row)) for row in trail]
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
            target = find_target(connection, body.to_destination)
            if reader.store_id not in (None, target.store_id):
                raise Rejected("to_destination", f"there is no destination {body.to_destination}")
        order = ReplayOrder(selection, reader.name, patch, target, body.max)
        run = ReplayRun(settings(request), connection, order, _now)
        tally = run.rehearse() if body.dry_run else run.run()
        passed = tally.ids
        skipped = [letter_id for letter_id in body.ids or () if letter_id not in passed]
        return ReplayResult(
            dry_run=body.dry_run,
            sent=len(tally.sent),
            queued=len(tally.queued),
            delivered_before=len(tally.delivered_before),
            refused={str(letter_id): why for letter_id, why in tally.refused.items()},
            skipped=_describe(connection, skipped[: body.max - tally.count], reader),
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
            count = index.count_letters(connection, selection, _now()).discardable
            return DiscardResult(dry_run=True, discarded=count, skipped={})
        closed = set(
            closing.discard(connection, selection, why=body.why, actor=reader.name, now=_now())
        )
        skipped = [letter_id for letter_id in body.ids or () if letter_id not in closed]
        return DiscardResult(
            dry_run=False, discarded=len(closed), skipped=_describe(connection, skipped, reader)
        )

    return DiscardAnswer(data=await writes(request).run(work))


@router.post("/api/dead-letters/reopen")
async def reopen_dead_letter(
    request: Request, reader: CanOperate, body: ReopenRequest
) -> ReopenAnswer:
    """Open a letter that was discarded, resolved or quarantined."""

    def work(connection: Connection) -> None:
        closing.reopen(
            connection,
            body.id,
            why=body.why,
            actor=reader.name,
            now=_now(),
            store_id=reader.store_id,
        )

    await writes(request).run(work)
    return ReopenAnswer(id=body.id)


def _describe(connection: Connection, ids: list[UUID], reader: Reader) -> dict[str, str]:
    """The state of each of these letters, in words."""
    if not ids:
        return {}
    states = index.describe_states(connection, ids, store_id=reader.store_id)
    return {str(letter_id): state for letter_id, state in zip(ids, states, strict=True)}


def _now() -> datetime:
    return datetime.now(UTC)
