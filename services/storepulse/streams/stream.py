"""What a stream is: one record, which everything that treats all streams alike reads.

A stream is a folder: `stream.py` with the record `STREAM`, its beacon, its reducer and screen, its
SQL. `registry.py` finds the folders. The names of fields, tables and statements in a record are
held against the schema, the migrations and the SQL by the contract tests of streams.

The record does without data frames, so that the gateway starts without them; `reducers.py` finds
what needs them.
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

#: In a schema's enumeration of types it stands for all names that shops give themselves.
OWN_TYPE = "Custom"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How many requests an address may send; endpoints with the same limit share it.

    `windows`: name of the setting that holds the number, and the window's length in seconds.
    """

    name: str
    windows: tuple[tuple[str, float], ...]


#: For whatever has no limit of its own.
EVENTS = Limit(name="events", windows=(("limit_events_per_minute", MINUTE),))


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A call of a server, once its signature was found good. `headers` have lower-case names, the
    last of those that were repeated; `body` is its JSON, decoded; `now` is in epoch seconds."""

    path: str
    headers: Mapping[str, str]
    body: Any
    now: float


@dataclass(frozen=True, slots=True)
class Ignored:
    """A signed call that tells nothing of ours, though it is right: its sender must not repeat it.
    `reason` is a sentence for whoever sends it."""

    reason: str


#: The beacons that a signed call tells, as JSON objects; one at least. Pure. Raises Rejected.
BeaconsOf = Callable[[SignedCall], list[dict[str, Any]] | Ignored]

#: Kind of a secret -> those of the event's store that count, the newest first.
SecretsOf = Callable[[SecretKind], Sequence[str]]
#: (a decoded beacon, the secrets of its store, seconds since 1970): checks the proofs that the
#: beacon bears, and may complete it by them. Raises Rejected, and Misconfigured where the store
#: lacks a secret.
Prove = Callable[[Any, SecretsOf, float], None]


@dataclass(frozen=True, kw_only=True)
class StreamEndpoint:
    """A path that takes the stream's events: one at a time, or a batch.

    `lists`: a path of single events that takes a list of them, and a batch, as well.
    `source` is whose events these are without a secret key. `answer`: 202 with the ids that were
    accepted, or the answer of the published cart contract, or 200 for a webhook.

    `door`: who may send. "key": as any collection path. "signed": servers alone, with a signature
    or a secret key (`gateway/doors/`). "shopify": Shopify alone. `beacons_of` makes the stream's
    beacons of a call through such a door whose body is none itself; events without an id get one
    of the call's, so that a call which is repeated has one effect. `is_large`: its bodies may be as
    large as webhooks are.

    The path's last segment may be `{field}`: what stands there is that field of every event that
    does not state it. `states` says the same of other fields. An event that states another value is
    refused.
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
        """The field that the path's last segment says; None where it says none."""
        segment = self.path.rpartition("/")[2]
        return segment.strip("{}") if segment.startswith("{") else None


@dataclass(frozen=True, kw_only=True)
class EventTypes:
    """The types of a stream's events, as destinations' filters name them.

    `column` is the field that holds the type; a stream of one type has none. Where its value is
    `Custom`, the type is what the shop wrote into `own_column`. `derived`: types of events that the
    agents tell themselves (`streams.derived`); no client sends one.
    """

    names: tuple[str, ...]
    column: str | None = None
    own_column: str | None = None
    derived: tuple[str, ...] = ()

    @property
    def all_names(self) -> tuple[str, ...]:
        """Those of clients' events and of our own."""
        return (*self.names, *self.derived)


@dataclass(frozen=True, kw_only=True)
class VendorNames:
    """What a vendor may be sent of the stream: the vendor's name for each type.

    None: events of this type stay here. `own`: whether other types go out, under their own name or
    the one in the free-form fields `own_from`. `kept`: names of theirs that stay here all the same.
    """

    names: Mapping[str, str | None]
    own: bool = False
    own_from: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The statements of the stream's `audit.sql`, for the proof that nothing was lost.

    `events` each count every event once, by store. `sessions` compare what a table derives with the
    sessions, orders or views themselves, `of_rows` what a table holds with the rows of events.
    `shortest_kept` is the table among those counted that retention shortens first.
    """

    events: tuple[str, ...]
    shortest_kept: str
    sessions: tuple[str, ...] = ()
    of_rows: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CountedName:
    """A field whose values become rows of figures, so that new ones are capped by the gateway.

    `kind`: which cap and which mark (`domain.folding`).
    """

    kind: NameKind
    field: str


#: (the stream's own values, host of the page that sent the beacon) -> the event's store.
StoreOf = Callable[[tuple[Any, ...], str | None], str]
#: (the event's store, its beacon, once its values are taken) -> the id that follows from what it
#: says, whatever its sender calls it; None where the sender's counts.
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
    #: Example beacons, for trials of destinations and of the whole way.
    sample: Sample
    #: What a busy gateway refuses first, and delivery sends last.
    priority: Priority = "normal"
    #: Table with a row for each event; None where only figures are kept.
    rows: str | None = None
    #: The store of an event that names none; None where it must name one.
    store_of: StoreOf | None = None
    #: Whether `store_of` looks at the page's host.
    reads_page_host: bool = False
    session_required: bool = True
    #: Whether a page may state its visitor's user agent.
    takes_user_agent: bool = False
    #: Makes the id that the client is given besides `event_id`, of milliseconds and a random
    #: number; it stands in the field `public_id`.
    public_id: Callable[[int, int], str] | None = None
    #: Events whose id follows from what they say, so that all who tell one tell the same.
    derived_id: DerivedId | None = None
    #: Checks proofs that beacons bear, before their values are taken.
    prove: Prove | None = None
    counted_names: tuple[CountedName, ...] = ()
    #: Field that names an order, whose events are delivered in order; else a session's are.
    order_field: str | None = None
    #: Meter of plans whose hard limit stops this stream's events, beside those of all collection.
    own_meter: str | None = None
    #: The types that it stops; the others are never stopped by it.
    own_meter_types: tuple[str, ...] = ()
    #: Field that names an event's meter, whose hard limit stops that event.
    meter_field: str | None = None
    #: Whether events and bytes of this stream are metered as our own work.
    is_metered: bool = True
    #: Whether a trial may send an event of this stream where the destination takes any.
    offered_in_trials: bool = True
    #: Nothing goes to a vendor unless it is named here.
    ga4: VendorNames | None = None
    meta: VendorNames | None = None

    @property
    def is_of_servers(self) -> bool:
        """Whether servers alone send its events: no page may."""
        return all(endpoint.door != "key" for endpoint in self.endpoints)

    @property
    def path(self) -> str:
        """Where one event of the stream is sent."""
        return next(endpoint.path for endpoint in self.endpoints if not endpoint.batch)

    @property
    def batch_path(self) -> str:
        """Where many are sent at once."""
        return next(e.path for e in self.endpoints if e.batch or e.lists)

    def sql(self, file: str) -> str:
        """The name of one of the stream's SQL files for `named_sql`."""
        return f"streams/{self.name}/{file}"
