"""What the beacons of all streams share: envelope fields, text rules, free-form objects.

Empty text in an optional field counts as absent: `document.referrer` is "" on a direct visit. Text
is stored as sent, except NUL, which PostgreSQL cannot store: in free text it becomes U+FFFD, in an
id it is refused. Of duplicate JSON keys the last one counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar

import msgspec

from storepulse.domain.envelope import Consent, Source, Timestamp
from storepulse.domain.errors import Rejected
from storepulse.domain.identity import SESSION_TEXT, is_session
from storepulse.domain.redaction import redacted_text

URL_CHARACTERS = 2048
METADATA_KEYS = 200
NESTING = 32
_INT_BOUND = 2**63
Filled = TypeVar("Filled", dict[str, Any], list[Any])
#: Limits how much of a client's field name appears in the path of a refusal.
_NAME_SHOWN = 64

_SHOWN_AS_UUID = msgspec.Meta(extra_json_schema={"format": "uuid"})
_SHOWN_AS_SESSION = msgspec.Meta(extra_json_schema={"pattern": f"^{SESSION_TEXT}$"})

UuidText = Annotated[str, _SHOWN_AS_UUID]
SessionText = Annotated[str, _SHOWN_AS_SESSION]
ViewId = Annotated[str, _SHOWN_AS_SESSION] | None
IdText = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
OptionalId = Annotated[str, msgspec.Meta(max_length=255)] | None
NumberedId = (
    Annotated[str, msgspec.Meta(max_length=255)]
    | Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    | None
)
Url = Annotated[str, msgspec.Meta(max_length=URL_CHARACTERS, extra_json_schema={"format": "uri"})]
OptionalUrl = Url | None
#: Fields that only describe a visit: an unreadable value is dropped, and the event is kept.
Described = Annotated[
    Any, msgspec.Meta(extra_json_schema={"anyOf": [{"type": "string"}, {"type": "null"}]})
]
#: Money as a JSON number or as text.
Amount = float | Annotated[str, msgspec.Meta(extra_json_schema={"format": "decimal"})] | None
ShortText = Annotated[str, msgspec.Meta(max_length=512)] | None
Title = Annotated[str, msgspec.Meta(max_length=1000)] | None
Int32 = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None
FreeObject = dict[str, Any] | None


class Beacon(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """The envelope fields that a client may send with an event of any stream.

    `event_id` is a UUID. `idempotency_key`, `messageId` and `id` are keys of any form.
    """

    store_id: UuidText | None = None
    visitor_id: OptionalId = None
    event_id: UuidText | None = None
    idempotency_key: OptionalId = None
    message_id: OptionalId = msgspec.field(name="messageId", default=None)
    id: OptionalId = None
    timestamp: Timestamp | None = None
    sent_at: Timestamp | None = None
    source: Source | None = None
    consent: Consent | None = None
    user_agent: Described = None
    key: str | None = None


class AnyBeacon(Protocol):
    """The fields from which the envelope is made."""

    store_id: str | None
    session_id: str | None
    visitor_id: str | None
    event_id: str | None
    idempotency_key: str | None
    message_id: str | None
    id: str | None
    timestamp: Any
    sent_at: Any
    source: Source | None
    consent: Consent | None
    user_agent: Any
    key: str | None


#: The field that was dropped from an accepted event, and the reason.
Warned = tuple[str, str]


def _ignore(_warned: Warned) -> None:
    """Ignore a warning."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits that a deployment may set, and the receiver of warnings."""

    max_coordinate_y: int = 10_000
    #: Whether usage may name meters that Storepulse counts itself; False for senders' events.
    takes_own_meters: bool = True
    #: Receives the field and the reason for each value that was dropped from an event.
    warn: Callable[[Warned], object] = _ignore


Record = Mapping[str, Any]


def snake_case(name: str) -> str:
    """Convert a beacon's camelCase name to the record's name."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda letter: f"_{letter[1].lower()}", name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One stream's beacon. `own(beacon, rules)` returns the stream's values in schema order.

    `beacon_of` rebuilds the beacon's JSON from a record, so that records that another program wrote
    to Kafka are judged by the same rules. `record_field` converts a beacon's field name to the
    record's, for the path of a refusal.
    """

    beacon: type[msgspec.Struct]
    own: Callable[[Any, Rules], tuple[Any, ...]]
    beacon_of: Callable[[Record], dict[str, Any]]
    record_field: Callable[[str], str] = snake_case
    #: The beacon's name for the session.
    session_field: str = "session_id"
    #: Fields of the record that hold a free-form object as JSON text.
    free_form: tuple[str, ...] = ()
    #: The beacon's field with the type, and the types. Case and underscores are ignored when types
    #: are matched.
    type_field: str | None = None
    types: tuple[str, ...] = ()
    #: Fields of the record with the SHA-256 of a value that beacons have in clear.
    hashed: tuple[str, ...] = ()
    #: Unknown fields are stored in `metadata` if True, and refused if False.
    keeps_unknown: bool = False


_is_url = re.compile(
    r"https?://(?:[^\s/?#@\\]*@)?"
    r"(?:\[[0-9a-f:.]+\]|[^\s/?#@\\:\[\]\x00-\x20\"<>^`{|}]+)(?::\d{1,5})?"
    r"(?:[/?#][^\s\x00-\x1f\x7f]*)?",
    re.IGNORECASE,
).fullmatch


#: Hashes of valid URLs, a cache: a shop's pages recur. Python's hash is salted per process, so
#: nobody can craft a text with the hash of a valid URL.
known_urls: set[int] = set()
_KNOWN_URLS = 8_192


def url(field: str, text: str) -> str:
    """Return the URL as sent. Raises Rejected unless it is http or https with a host."""
    if hash(text) not in known_urls:
        if _is_url(text) is None:
            raise Rejected(field, "is not an http or https URL")
        if len(known_urls) >= _KNOWN_URLS:
            known_urls.clear()
        known_urls.add(hash(text))
    return text


def optional_url(field: str, text: str | None) -> str | None:
    """Return the URL as sent, or None if it is empty."""
    return url(field, text) if text else None


_is_uri = re.compile(
    r"(?!(?:javascript|vbscript|data):)[a-z][a-z0-9+.-]{0,31}://[^\s/?#\\\x00-\x20\x7f\"<>^`{|}]+"
    r"(?:[/?#][^\s\x00-\x20\x7f]*)?",
    re.IGNORECASE,
).fullmatch
#: Hashes of valid referrers, like `known_urls`.
_known_referrers: set[int] = set()


def referrer(field: str, value: Any, rules: Rules) -> str | None:
    """Return a referrer as sent: a URI of any scheme that names a host or an app.

    Returns None if it is empty, and also if it is invalid, with a warning through `rules`.
    """
    if not value:
        return None
    if isinstance(value, str):
        if hash(value) in _known_referrers:
            return value
        if len(value) > URL_CHARACTERS:
            rules.warn((field, f"is longer than {URL_CHARACTERS} characters"))
            return None
        if _is_uri(value) is not None:
            if len(_known_referrers) >= _KNOWN_URLS:
                _known_referrers.clear()
            _known_referrers.add(hash(value))
            return value
    rules.warn((field, "is not a URI such as https://search.example/"))
    return None


def description(field: str, value: Any, most: int, rules: Rules) -> str | None:
    """Return descriptive text, or None if it is empty.

    Returns None with a warning through `rules` if it is not text or is longer than `most`
    characters.
    """
    if not value:
        return None
    if isinstance(value, str) and len(value) <= most:
        return value
    rules.warn((field, f"is not text of at most {most} characters"))
    return None


def folded_type(name: str) -> str:
    """Return the name without underscores in lower case, for matching of types."""
    return name.replace("_", "").lower()


def view_of(field: str, view: str | None) -> str | None:
    """Return a view's id, or None if it is empty. Raises Rejected if it is invalid."""
    if view and is_session(view) is None:
        raise Rejected(field, "must be 1 to 128 letters, digits, - or _")
    return view or None


def numbered_id(value: str | int | None) -> str | None:
    """Return an id that shops send as text or number, as text."""
    return str(value) if isinstance(value, int) else value or None


#: All Unicode white space, which is stripped from ids.
BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))


def trimmed_id(value: str | int | None) -> str | None:
    """Return an id without surrounding white space, or None if nothing is left.

    For ids that several streams report, such as those of orders and customers.
    """
    return str(value).strip(BLANKS) or None if value is not None else None


def free_object(field: str, value: dict[str, Any] | None) -> str | None:
    """Return a free-form object as JSON text. Raises Rejected if it is too large or too deep."""
    if not value:
        return None
    if len(value) > METADATA_KEYS:
        raise Rejected(field, f"has more than {METADATA_KEYS} keys")
    _check_depth(field, value, 2)
    return msgspec.json.encode(value).decode()


def object_of(field: str, text: str | None) -> dict[str, Any] | None:
    """Return the object that a record holds as JSON text. Raises Rejected for anything else."""
    return None if text is None else value_of_json(field, text, dict, "object")


def value_of_json(field: str, text: str, kind: type[Filled], name: str) -> Filled:
    """Return the JSON object or list that a record holds as text.

    Raises Rejected for anything else, and for an empty one.
    """
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise Rejected(field, "is not JSON") from None
    if not isinstance(value, kind) or not value:
        raise Rejected(field, f"is not a JSON {name} with at least one entry")
    return value


def _check_depth(field: str, value: Any, depth: int) -> None:
    if depth > NESTING:
        raise Rejected(field, f"is nested deeper than {NESTING}")
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            _check_depth(field, item, depth + 1)
        elif isinstance(item, int) and not -_INT_BOUND <= item < _INT_BOUND:
            raise Rejected(field, "has an integer beyond 64 bits")


def replace_nuls(beacon: msgspec.Struct) -> int:
    """Replace NUL in the beacon's free text and return how many there were.

    Raises Rejected for NUL in ids and keys, also inside of free-form objects: after replacement, an
    id could equal another one.
    """
    replaced = 0
    for name, sent_as in zip(
        beacon.__struct_fields__, beacon.__struct_encode_fields__, strict=True
    ):
        value = getattr(beacon, name)
        if isinstance(value, str) and "\0" in value:
            if name.endswith(("id", "key")):
                raise Rejected(sent_as, "contains NUL")
            replaced += value.count("\0")
            setattr(beacon, name, value.replace("\0", "\ufffd"))
        elif isinstance(value, dict):
            clean, count = _without_nuls(value, 2, sent_as)
            setattr(beacon, name, clean)
            replaced += count
    return replaced


#: Names of ids and keys in free-form objects: `order_id`, `orderId`, `productIds`, `id`.
_ENDS_OF_IDS = ("_id", "Id", "ID", "_ids", "Ids", "IDs", "_key", "Key")
_IDS = frozenset({"id", "ids", "key"})


def _without_nuls(value: Any, depth: int, path: str, *, is_id: bool = False) -> tuple[Any, int]:
    if isinstance(value, str):
        if is_id and "\0" in value:
            raise Rejected(redacted_text(path), "contains NUL")
        return value.replace("\0", "\ufffd"), value.count("\0")
    if depth > NESTING or not isinstance(value, dict | list):
        return value, 0
    if isinstance(value, list):
        cleaned = [_without_nuls(item, depth + 1, path, is_id=is_id) for item in value]
        return [item for item, _ in cleaned], sum(count for _, count in cleaned)
    total, result = 0, {}
    for name, item in value.items():
        clean_name, in_name = name.replace("\0", "\ufffd"), name.count("\0")
        is_id = clean_name in _IDS or clean_name.endswith(_ENDS_OF_IDS)
        inside = f"{path}.{clean_name[:_NAME_SHOWN]}"
        result[clean_name], in_item = _without_nuls(item, depth + 1, inside, is_id=is_id)
        total += in_name + in_item
    return result, total
