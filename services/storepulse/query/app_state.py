"""What the endpoints ask the application for: the database, and who is asking."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from storepulse.adapters.postgres.pool import Pool, ThreadPool
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.adapters.settings import Settings
from storepulse.query import access
from storepulse.query.closed_figures import ClosedFigures
from storepulse.query.delivery_stats import DeliveryStats
from storepulse.query.gateway_watch import GatewayWatch
from storepulse.query.stream_flow import StreamFlow
from storepulse.query.visitor_counts import VisitorCounts


def _reader(request: Request) -> access.Reader:
    reader: access.Reader = request.scope[access.READER]
    return reader


def _operator(request: Request) -> access.Reader:
    return _reader(request)


def _administrator(request: Request) -> access.Reader:
    return _reader(request)


def _holder(request: Request) -> access.Reader:
    return _reader(request)


#: The scope that a route is written for, by what it depends on: the table says the same.
SCOPES = {_reader: "read", _operator: "ops", _administrator: "admin", _holder: ""}

#: The sender of the request, who may read at least one store.
CanRead = Annotated[access.Reader, Depends(_reader)]
#: The sender of the request, who may operate on at least one store.
CanOperate = Annotated[access.Reader, Depends(_operator)]
#: The sender of the request, who may administer at least one store.
CanAdminister = Annotated[access.Reader, Depends(_administrator)]
#: The sender of the request, who holds a secret key of any scope.
HoldsKey = Annotated[access.Reader, Depends(_holder)]


#: Where the scope of a request has its snapshot.
SNAPSHOT = "storepulse.snapshot"


def snapshot_of(request: Request) -> ReadSnapshot:
    """A new snapshot for a request, which its route begins and ends."""
    taken = ReadSnapshot(request.app.state.database)
    request.scope[SNAPSHOT] = taken
    return taken


def database(request: Request) -> ReadSnapshot:
    """The database as this request sees it: all of an answer comes from one snapshot."""
    taken: ReadSnapshot = request.scope[SNAPSHOT]
    return taken


def connections(request: Request) -> Pool:
    """The pool of this application, for what it says of itself; answers read `database`."""
    found: Pool = request.app.state.database
    return found


def writes(request: Request) -> ThreadPool:
    """The connections of this application that may write."""
    found: ThreadPool = request.app.state.writes
    return found


def settings(request: Request) -> Settings:
    """The settings of this application."""
    values: Settings = request.app.state.settings
    return values


def closed_figures(request: Request) -> ClosedFigures:
    """The sums over closed days that this application remembers."""
    figures: ClosedFigures = request.app.state.closed_figures
    return figures


def delivery_stats(request: Request) -> DeliveryStats:
    """The figures of deliveries that this application remembers."""
    stats: DeliveryStats = request.app.state.delivery_stats
    return stats


def flow(request: Request) -> StreamFlow:
    """What this service sees of the streams."""
    seen: StreamFlow = request.app.state.flow
    return seen


def gateway_watch(request: Request) -> GatewayWatch:
    """What this service reads of the gateways."""
    watch: GatewayWatch = request.app.state.gateway_watch
    return watch


def bot_user_counts(request: Request) -> VisitorCounts:
    """The distinct users of bots that this application remembers."""
    counts: VisitorCounts = request.app.state.bot_user_counts
    return counts


def visitor_counts(request: Request) -> VisitorCounts:
    """The distinct visitors that this application remembers."""
    counts: VisitorCounts = request.app.state.visitor_counts
    return counts
