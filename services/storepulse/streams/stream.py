"""The record that defines a stream. Code that treats all streams alike reads it.

A stream is a folder: `stream.py` with the record `STREAM`, its beacon, reducer, screen and SQL.
`registry.py` finds the folders. Contract tests compare the names of fields, tables and statements
in a record with the schema, the migrations and the SQL.

The record does not import polars, so that the gateway starts without it; `reducers.py` finds the
parts that need it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from storepulse.domain.folding import NameKind
from storepulse.domain.ratelimit import MINUTE
from storepulse.domain.store_secrets import SecretKind
from storepulse.streams.beacon import AnyBeacon, Input

Priority = Literal["high", "normal", "low"]

#: In a schema's enumeration of types, the placeholder for all names that shops choose themselves.
OWN_TYPE = "Custom"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How many requests an address may send. Endpoints with the same limit share it.

    `windows`: pairs of the setting that holds the number, and the window's length in seconds.
    """

    name: str
    windows: tuple[tuple[str, float], ...]


#: The limit of endpoints without one of their own.
EVENTS = Limit(name="events", windows=(("limit_events_per_minute", MINUTE),))


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A server's call with a valid signature.

    `headers` have lower-case names; of repeated ones the last counts. `body` is the decoded JSON.
    `now` is in epoch seconds.
    """

    path: str
    headers: Mapping[str, str]
    body: Any
    now: float


@dataclass(frozen=True, slots=True)
class Ignored:
    """A valid signed call without events for us, which its sender must not repeat.

    `reason` is a sentence for the sender.
    """

    reason: str


#: Returns the beacons of a signed call as JSON objects, at least one. Pure. Raises Rejected.
BeaconsOf = Callable[[SignedCall], list[dict[str, Any]] | Ignored]

#: Kind of a secret -> the active secrets of the event's store, newest first.
SecretsOf = Callable[[SecretKind], Sequence[str]]
#: (a decoded beacon, the secrets of its store, epoch seconds): checks the proofs in the beacon, and
#: may add fields from them. Raises Rejected, and Misconfigured if the store lacks a secret.
Prove = Callable[[Any, SecretsOf, float], None]


@dataclass(frozen=True, kw_only=True)
class StreamEndpoint:
    """A path that takes the stream's events: one at a time, or a batch.

    `lists`: a path of single events that also takes a list or a batch of them. `source`: the source
    of events without a secret key. `answer`: 202 with the accepted ids, the answer of the published
    cart contract, or 200 for a webhook.

    `door`: who may send. "key": like any collection path. "signed": only servers, with a signature
    or a secret key (`gateway/doors/`). "shopify": only Shopify. `beacons_of` makes the stream's
    beacons from a call whose body is not a beacon. Events without an id get one derived from the
    call, so that a repeated call has one effect. `is_large`: bodies may be as large as webhooks.

    The path's last segment may be `{field}`: its value is that field of every event without the
    field. `states` does the same for other fields. An event with a different value is refused.
    """

    path: str
    batch: bool = False
    lists: bool = False
    limit: Limit = EVENTS
    source: str = "tracker"
    answer: Literal["accepted", "cart", "webhook"] = "accepted"
    door: Literal["key", "signed", "shopify"] = "key"
    beacons_of: BeaconsOf | None = None
    is_large: bool = False
    states: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def parameter(self) -> str | None:
        """The field that the path's last segment names, or None."""
        segment = self.path.rpartition("/")[2]
        return segment.strip("{}") if segment.startswith("{") else None


@dataclass(frozen=True, kw_only=True)
class EventTypes:
    """The types of a stream's events, as filters of destinations name them.

    `column` is the field with the type; a stream of one type has none. If its value is `Custom`,
    the type is the value of `own_column`. `derived`: types of events that the agents create
    (`streams.derived`); no client may send them.
    """

    names: tuple[str, ...]
    column: str | None = None
    own_column: str | None = None
    derived: tuple[str, ...] = ()

    @property
    def all_names(self) -> tuple[str, ...]:
        """The types of clients' events and of derived ones."""
        return (*self.names, *self.derived)


@dataclass(frozen=True, kw_only=True)
class VendorNames:
    """What a vendor may be sent of the stream: the vendor's name for each type.

    None: events of this type are not sent. `own`: whether other types are sent, under their own
    name or the one in the free-form fields `own_from`. `kept`: such names that are not sent.
    """

    names: Mapping[str, str | None]
    own: bool = False
    own_from: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The statements of the stream's `audit.sql`, for the proof that no event was lost.

    Each of `events` counts every event once, by store. `sessions` compare a derived table with the
    sessions, orders or views themselves. `of_rows` compare a table with the rows of events.
    `shortest_kept`: the counted table with the shortest retention.
    """

    events: tuple[str, ...]
    shortest_kept: str
    sessions: tuple[str, ...] = ()
    of_rows: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CountedName:
    """A field whose values become rows of figures. The gateway caps new values.

    `kind`: which cap and which mark (`domain.folding`).
    """

    kind: NameKind
    field: str


#: (the stream's own values, host of the page that sent the beacon) -> the event's store.
StoreOf = Callable[[tuple[Any, ...], str | None], str]
#: (the event's store, its beacon after validation) -> an id derived from the content, which
#: overrides the sender's id; None to keep the sender's.
DerivedId = Callable[[str, AnyBeacon], str | None]
#: (type, the envelope's fields by their snake_case names) -> a realistic beacon of that type.
Sample = Callable[[str, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One kind of event."""

    name: str
    input: Input
    types: EventTypes
    endpoints: tuple[StreamEndpoint, ...]
    counts: Counts
    #: Example beacons, for trials of destinations and of the whole pipeline.
    sample: Sample
    #: A busy gateway refuses low priority first, and delivery sends it last.
    priority: Priority = "normal"
    #: The table with a row for each event; None if only figures are kept.
    rows: str | None = None
    #: The store of an event that names none; None if an event must name one.
    store_of: StoreOf | None = None
    #: Whether `store_of` reads the page's host.
    reads_page_host: bool = False
    session_required: bool = True
    #: Whether a page may send its visitor's user agent.
    takes_user_agent: bool = False
    #: Makes the second id in the client's answer, besides `event_id`, from milliseconds and a
    #: random number. It is stored in the field `public_id`.
    public_id: Callable[[int, int], str] | None = None
    #: Derives the id from the content, so that all senders of one event give it the same id.
    derived_id: DerivedId | None = None
    #: Checks proofs in beacons, before their values are taken.
    prove: Prove | None = None
    counted_names: tuple[CountedName, ...] = ()
    #: The field that names an order. Events of an order are delivered in order; without this field,
    #: events of a session are.
    order_field: str | None = None
    #: The meter whose hard limit stops this stream's events, besides the limits of all collection.
    own_meter: str | None = None
    #: The types that `own_meter` stops.
    own_meter_types: tuple[str, ...] = ()
    #: The field that names an event's meter, whose hard limit stops that event.
    meter_field: str | None = None
    #: Whether events and bytes of this stream are metered as our own work.
    is_metered: bool = True
    #: Whether a trial may send an event of this stream if the destination takes any event.
    offered_in_trials: bool = True
    #: Names for vendors; types without a name are not sent.
    ga4: VendorNames | None = None
    meta: VendorNames | None = None

    @property
    def is_of_servers(self) -> bool:
        """Whether only servers send its events, never pages."""
        return all(endpoint.door != "key" for endpoint in self.endpoints)

    @property
    def path(self) -> str:
        """The path for one event."""
        return next(endpoint.path for endpoint in self.endpoints if not endpoint.batch)

    @property
    def batch_path(self) -> str:
        """The path for several events."""
        return next(e.path for e in self.endpoints if e.batch or e.lists)

    def sql(self, file: str) -> str:
        """Return the name of one of the stream's SQL files, for `named_sql`."""
        return f"streams/{self.name}/{file}"
