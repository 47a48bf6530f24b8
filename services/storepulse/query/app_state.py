"""What endpoints read from the application and the request: the database, and the caller."""

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


#: The scope that a route requires, by its dependency. It matches the table of routes.
SCOPES = {_reader: "read", _operator: "ops", _administrator: "admin", _holder: ""}

#: The sender of the request, with the scope to read.
CanRead = Annotated[access.Reader, Depends(_reader)]
#: The sender of the request, with the scope to operate.
CanOperate = Annotated[access.Reader, Depends(_operator)]
#: The sender of the request, with the scope to administer.
CanAdminister = Annotated[access.Reader, Depends(_administrator)]
#: The sender of the request, with a secret key of any scope.
HoldsKey = Annotated[access.Reader, Depends(_holder)]


#: The key of the snapshot in a request's scope.
SNAPSHOT = "storepulse.snapshot"


def snapshot_of(request: Request) -> ReadSnapshot:
    """A new snapshot for a request. Its route begins and ends it."""
    taken = ReadSnapshot(request.app.state.database)
    request.scope[SNAPSHOT] = taken
    return taken


def database(request: Request) -> ReadSnapshot:
    """The database for this request: all of an answer comes from one snapshot."""
    taken: ReadSnapshot = request.scope[SNAPSHOT]
    return taken


def connections(request: Request) -> Pool:
    """The pool of this application, for reads about the service itself; answers use `database`."""
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
    """The cached sums over closed days of this application."""
    figures: ClosedFigures = request.app.state.closed_figures
    return figures


def delivery_stats(request: Request) -> DeliveryStats:
    """The cached figures of deliveries of this application."""
    stats: DeliveryStats = request.app.state.delivery_stats
    return stats


def flow(request: Request) -> StreamFlow:
    """This service's view of the streams."""
    seen: StreamFlow = request.app.state.flow
    return seen


def gateway_watch(request: Request) -> GatewayWatch:
    """This service's reads of the gateways."""
    watch: GatewayWatch = request.app.state.gateway_watch
    return watch


def bot_user_counts(request: Request) -> VisitorCounts:
    """The cached counts of distinct bot users of this application."""
    counts: VisitorCounts = request.app.state.bot_user_counts
    return counts


def visitor_counts(request: Request) -> VisitorCounts:
    """The cached counts of distinct visitors of this application."""
    counts: VisitorCounts = request.app.state.visitor_counts
    return counts
