"""`/api/dead-letters…`: events that could not be processed, the reasons, and replays.

Reads use the read-only pool; changes to letters use a few connections of their own. A key that is
tied to a store reads and changes the letters of that store only. Letters of an unknown store are
for keys that are not tied to one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.postgres.sessions import Connection
from storepulse.contracts.record_json import Undecodable, decode_event
from storepulse.contracts.topics import load_catalog
from storepulse.dead_letters import closing, index
from storepulse.dead_letters.claims import RunPlace
from storepulse.dead_letters.documents import (
    document_of_action,
    document_of_group,
    document_of_letter,
    full_document_of,
)
from storepulse.dead_letters.letter import Letter
from storepulse.dead_letters.patch import patch_of
from storepulse.dead_letters.replay import ReplayRun
from storepulse.dead_letters.replay_order import RehearsedLetter, ReplayOrder
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
    HourOfLetters,
    LetterAnswer,
    LetterDetail,
    LetterPage,
    LetterSummary,
    Rehearsal,
    ReopenAnswer,
    ReplayAnswer,
    ReplayResult,
    RunAnswer,
    RunProgress,
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
#: The period for which groups have counts by hour.
HOURS_SHOWN = timedelta(days=7)
#: Most ids of discarded letters in an answer.
MOST_NAMED = 1_000


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
    """Dead letters by stream, stage and reason, with counts, also by hour, first and last time."""
    reads, parameters = database(request), query.selection(reader, query.status).parameters
    hour = _now().replace(minute=0, second=0, microsecond=0)
    since = hour - HOURS_SHOWN + timedelta(hours=1)
    rows = await reads.rows(index.STATEMENTS["groups"], parameters)
    hours: dict[tuple[str, str, str], list[HourOfLetters]] = {}
    asked = parameters | {"hours_since": since}
    for row in await reads.rows(index.STATEMENTS["groups_by_hour"], asked):
        group = hours.setdefault((row["stream"], row["stage"], row["reason"]), [])
        group.append(HourOfLetters(hour=row["hour"], letters=row["letters"]))
    groups = [index.LetterGroup(**row) for row in rows]
    return GroupsAnswer(
        data=[
            GroupSummary.model_validate(
                document_of_group(one)
                | {"by_hour": hours.get((one.stream, one.stage, one.reason), [])}
            )
            for one in groups
        ],
        hours_from=since,
    )


@router.get("/api/dead-letters/{dead_letter_id}", responses=error_responses_of(404))
async def get_dead_letter(
    request: Request,
    reader: CanOperate,
    dead_letter_id: UUID,
    raw: Annotated[bool, Query(description="The original bytes too")] = False,
) -> LetterAnswer:
    """One dead letter: its decoded event, the reason, its origin, its trail."""
    reads, parameters = database(request), {"dead_letter_id": dead_letter_id}
    rows = await reads.rows(index.STATEMENTS["letter"], parameters)
    if not rows or (reader.store_id is not None and rows[0]["store_id"] != reader.store_id):
        raise RequestRefused(404, f"There is no dead letter {dead_letter_id}", "NOT_FOUND")
    trail = await reads.rows(index.STATEMENTS["trail"], parameters)
    catalog = load_catalog(settings(request).topic_prefix)
    document = full_document_of(Letter(**rows[0]), catalog, raw=raw)
    document["max_replays"] = settings(request).dead_letter_max_replays
    document["trail"] = [document_of_action(index.Action(**row)) for row in trail]
    return LetterAnswer(data=LetterDetail.model_validate(document))


@router.post("/api/dead-letters/replay")
async def replay_dead_letters(
    request: Request, reader: CanOperate, body: ReplayRequest
) -> ReplayAnswer:
    """Replay letters with the same event ids. Returns when the broker has acknowledged them.

    At most 1,000 letters per request; repeat the request for the rest. Repeating is safe. Requests
    with the same `run`, each with the cursor of the previous one, are parts of one run, which
    passes each letter once.
    """
    selection = body.selection(reader)
    patch = None if body.patch is None else patch_of(body.patch)
    place = None if body.cursor is None else _place_of(body.run, body.cursor)

    def work(connection: Connection) -> ReplayResult:
        target = None
        if body.to_destination is not None:
            target = find_target(connection, body.to_destination)
            if reader.store_id not in (None, target.store_id):
                raise Rejected("to_destination", f"there is no destination {body.to_destination}")
        order = ReplayOrder(
            selection, reader.name, patch, target, body.max, run=body.run, place=place
        )
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
            run=run.id,
            next_cursor=_cursor_of(run) if tally.count >= body.max else None,
            rehearsed=list(map(_rehearsal_of, tally.rehearsed)),
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
            return DiscardResult(dry_run=True, discarded=count, ids=[], skipped={})
        closed = closing.discard(connection, selection, why=body.why, actor=reader.name, now=_now())
        left = set(body.ids or ()) - set(closed)
        skipped = [letter_id for letter_id in body.ids or () if letter_id in left]
        return DiscardResult(
            dry_run=False,
            discarded=len(closed),
            ids=closed[:MOST_NAMED],
            skipped=_describe(connection, skipped, reader),
        )

    return DiscardAnswer(data=await writes(request).run(work))


@router.post("/api/dead-letters/reopen")
async def reopen_dead_letters(
    request: Request, reader: CanOperate, body: ReopenRequest
) -> ReopenAnswer:
    """Open letters that were discarded, resolved or quarantined.

    A letter in another state is an error if it is named by `id`; in `ids` it is skipped.
    """
    named = body.ids or []

    def work(connection: Connection) -> ReopenAnswer:
        why, actor, now, store_id = body.why, reader.name, _now(), reader.store_id
        if body.id is not None:
            closing.reopen(connection, body.id, why=why, actor=actor, now=now, store_id=store_id)
            return ReopenAnswer(id=body.id, reopened=[body.id], skipped={})
        reopened = closing.reopen_all(
            connection, named, why=why, actor=actor, now=now, store_id=store_id
        )
        left = [letter_id for letter_id in named if letter_id not in set(reopened)]
        skipped = _describe(connection, left, reader)
        return ReopenAnswer(id=None, reopened=reopened, skipped=skipped)

    return await writes(request).run(work)


@router.get("/api/dead-letters/runs/{run}")
async def get_replay_run(request: Request, reader: CanOperate, run: UUID) -> RunAnswer:
    """Outcomes of the letters that a run has replayed so far; all zero for an unknown run."""
    asked = {"run": run, "store_id": reader.store_id}
    row = await database(request).row(index.STATEMENTS["run"], asked)
    return RunAnswer(data=RunProgress(run=run, **row))


def _cursor_of(run: ReplayRun) -> str:
    place = run.place
    position = pages.Position(place.after, (str(place.after_id), place.started_at.isoformat()))
    return pages.cursor_of(pages.listing_of("replay", run.id), position)


def _place_of(run: UUID | None, cursor: str) -> RunPlace:
    """Raises Rejected."""
    if run is None:
        raise Rejected("run", "is wanted with a cursor")
    position = pages.position_of(pages.listing_of("replay", run), cursor, 1, texts=1)
    letter_id, started = position.ids
    try:
        at = datetime.fromisoformat(started).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Rejected("cursor", "is not a cursor that this run gave") from None
    return RunPlace(at, position.at, UUID(letter_id))


def _rehearsal_of(one: RehearsedLetter) -> Rehearsal:
    try:
        event = decode_event(one.value)[1]
    except Undecodable:
        event = None
    return Rehearsal(id=one.letter_id, goes_to=one.goes_to, event=event)


def _describe(connection: Connection, ids: list[UUID], reader: Reader) -> dict[str, str]:
    """The state of each of these letters, as text."""
    if not ids:
        return {}
    states = index.describe_states(connection, ids, store_id=reader.store_id)
    return {str(letter_id): state for letter_id, state in zip(ids, states, strict=True)}


def _now() -> datetime:
    return datetime.now(UTC)
