"""`/api/ab-testing/{store_id}`: a store's tests: list, create, change, move between states.

Reading takes the access of results; changes require the scope `admin`. A key that is tied to a
store has access to that store's tests only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from storepulse.adapters.clock import system_clock
from storepulse.domain.errors import Rejected
from storepulse.domain.experiments import previews
from storepulse.domain.experiments.life_cycle import Move
from storepulse.domain.experiments.previews import Preview, preview_token
from storepulse.experiments import changes
from storepulse.experiments.changes import TestPlace
from storepulse.experiments.rows import STATEMENTS
from storepulse.query import pages
from storepulse.query.administering import administer, secret_box
from storepulse.query.app_state import CanAdminister, CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.entity_tags import IfMatch, tag, tag_responses_of, version_of
from storepulse.query.errors import error_responses_of
from storepulse.query.experiment_answers import (
    ExperimentAnswer,
    ExperimentListed,
    ExperimentPage,
    ExperimentRemoved,
    PreviewAnswer,
    PreviewShown,
)
from storepulse.query.experiment_models import (
    ExperimentFilter,
    ExperimentGiven,
    PreviewGiven,
    StartGiven,
    WinnerGiven,
)

router = APIRouter(
    route_class=CheckedRoute, tags=["experiments"], responses=error_responses_of(400, 401, 403, 503)
)
_TAGGED = tag_responses_of()
_CHANGED = error_responses_of(404, 409)
_CHANGED_AND_SHOWN = _CHANGED | _TAGGED
_TEST = "/api/ab-testing/{store_id}/test/{test_id}"


def _place_of(store_id: UUID, test_id: UUID, if_match: IfMatch = None) -> TestPlace:
    return TestPlace(store_id, test_id, version_of(if_match))


#: The test of the path, and the version in If-Match.
Place = Annotated[TestPlace, Depends(_place_of)]


@router.get("/api/ab-testing/{store_id}")
async def list_experiments(
    request: Request,
    reader: CanRead,
    store_id: UUID,
    query: Annotated[ExperimentFilter, Query()],
) -> ExperimentPage:
    """Tests of a store, newest first."""
    of_store = reader.store(store_id)
    listing = pages.listing_of("experiments", of_store)
    rows = await database(request).rows(
        STATEMENTS["list_tests"],
        query.parameters(listing) | {"store_id": of_store, "status": query.status},
    )
    listed = [ExperimentListed(**row) for row in rows[: query.limit]]
    following = None
    if len(rows) > query.limit:
        position = pages.Position(listed[-1].created_at, (str(listed[-1].test_id),))
        following = pages.cursor_of(listing, position)
    return ExperimentPage(data=listed, next_cursor=following)


@router.post(
    "/api/ab-testing/{store_id}", status_code=201, responses=_CHANGED | tag_responses_of(201)
)
async def create_experiment(
    request: Request,
    response: Response,
    reader: CanAdminister,
    store_id: UUID,
    body: Annotated[ExperimentGiven, Body()],
) -> ExperimentAnswer:
    """Create a draft. Visitors do not see it before it is started."""
    reader.store(store_id)
    authored, now = body.authored(), system_clock()
    shown = await administer(
        request, lambda c: changes.create_test(c, reader.caller, store_id, authored, now)
    )
    tag(response, shown.row.version)
    return ExperimentAnswer.of(shown)


@router.get(_TEST, responses=error_responses_of(404) | _TAGGED)
async def show_experiment(
    request: Request, response: Response, reader: CanRead, store_id: UUID, test_id: UUID
) -> ExperimentAnswer:
    """One test with its phases."""
    place = TestPlace(store_id, test_id)
    shown = await administer(request, lambda c: changes.find_test(c, reader.caller, place))
    tag(response, shown.row.version)
    return ExperimentAnswer.of(shown)


@router.put(_TEST, responses=_CHANGED_AND_SHOWN)
async def change_experiment(
    request: Request,
    response: Response,
    reader: CanAdminister,
    place: Place,
    body: Annotated[ExperimentGiven, Body()],
) -> ExperimentAnswer:
    """Replace a test's definition. While it runs or is paused, a change of its variants, metrics or
    rules begins its next phase at once. A change of name, description, priority, the plan or a
    greater share of traffic does not."""
    reader.store(place.store_id)
    authored, now = body.authored(), system_clock()
    shown = await administer(
        request, lambda c: changes.change_test(c, reader.caller, place, authored, now)
    )
    tag(response, shown.row.version)
    return ExperimentAnswer.of(shown)


@router.delete(_TEST, responses=_CHANGED)
async def remove_experiment(
    request: Request,
    reader: CanAdminister,
    place: Place,
) -> ExperimentRemoved:
    """Delete a draft. A test that was started is completed and archived instead."""
    await administer(request, lambda c: changes.remove_test(c, reader.caller, place))
    return ExperimentRemoved()


@router.post(f"{_TEST}/start", responses=_CHANGED_AND_SHOWN)
async def start_experiment(
    request: Request,
    response: Response,
    reader: CanAdminister,
    place: Place,
    body: Annotated[StartGiven, Body(default_factory=StartGiven)],
) -> ExperimentAnswer:
    """Start a draft: its first phase begins, and the phase's definition is frozen. A paused test is
    resumed."""
    return await _move(request, response, reader, place, "start", since=body.started_at)


@router.post(f"{_TEST}/pause", responses=_CHANGED_AND_SHOWN)
async def pause_experiment(
    request: Request,
    response: Response,
    reader: CanAdminister,
    place: Place,
) -> ExperimentAnswer:
    """Pause a test: no one new takes part, and everyone gets the page as it was."""
    return await _move(request, response, reader, place, "pause")


@router.post(f"{_TEST}/resume", responses=_CHANGED_AND_SHOWN)
async def resume_experiment(
    request: Request,
    response: Response,
    reader: CanAdminister,
    place: Place,
) -> ExperimentAnswer:
    """Resume a paused test in the same phase."""
    return await _move(request, response, reader, place, "resume")


@router.post(f"{_TEST}/complete", responses=_CHANGED_AND_SHOWN)
async def complete_experiment(
    request: Request,
    response: Response,
    reader: CanAdminister,
    place: Place,
    body: Annotated[WinnerGiven, Body()],
) -> ExperimentAnswer:
    """End a test. With a winner, everyone gets that variant until the test is archived."""
    return await _move(request, response, reader, place, "complete", body.winner)


@router.post(f"{_TEST}/archive", responses=_CHANGED_AND_SHOWN)
async def archive_experiment(
    request: Request,
    response: Response,
    reader: CanAdminister,
    place: Place,
) -> ExperimentAnswer:
    """Archive a completed test: pages follow their own configuration again. Results stay."""
    return await _move(request, response, reader, place, "archive")


@router.post(f"{_TEST}/preview", responses=error_responses_of(404))
async def preview_experiment(
    request: Request,
    reader: CanAdminister,
    store_id: UUID,
    test_id: UUID,
    body: Annotated[PreviewGiven, Body()],
) -> PreviewAnswer:
    """Make a token that shows a variant of a test in any state, without counting the viewer."""
    place = TestPlace(store_id, test_id)
    shown = await administer(request, lambda c: changes.find_test(c, reader.caller, place))
    if body.variant_id not in {
        variant.variant_id for variant in shown.row.known_definition.variants
    }:
        raise Rejected("variant_id", "is not one of the test's variants")
    until = (system_clock() + timedelta(seconds=body.expires_in)).replace(microsecond=0)
    key = secret_box(request).signing_keys(previews.PURPOSE)[0]
    preview = Preview(store_id, test_id, body.variant_id, int(until.timestamp()))
    token = preview_token(preview, key)
    return PreviewAnswer(
        data=PreviewShown(token=token, variant_id=body.variant_id, expires_at=until)
    )


async def _move(
    request: Request,
    response: Response,
    reader: CanAdminister,
    place: TestPlace,
    move: Move,
    winner: str | None = None,
    since: datetime | None = None,
) -> ExperimentAnswer:
    asked = changes.MoveAsked(move, system_clock(), winner, since)
    shown = await administer(request, lambda c: changes.move_test(c, reader.caller, place, asked))
    tag(response, shown.row.version)
    return ExperimentAnswer.of(shown)
