"""One call: its write key, and its messages as they were sent.

A path determines the type of its single message; `batch` has messages of all types, and may state
`context` and `integrations` once for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from storepulse.adapters.http.errors import RequestRefused
from storepulse.domain.errors import REQUIRED, Rejected
from storepulse.gateway.half_surrogates import (
    DECODE_ERRORS,
    decode_around_faults,
    refusal_of,
    restore_event,
)
from storepulse.gateway.segment.messages import MessageType

PATHS: dict[str, MessageType | None] = {
    **{f"/v1/{kind}": kind for kind in ("track", "page", "screen", "identify", "group", "alias")},
    "/v1/batch": None,
    # The short forms that the library for web pages uses.
    "/v1/t": "track",
    "/v1/p": "page",
    "/v1/s": "screen",
    "/v1/i": "identify",
    "/v1/g": "group",
    "/v1/a": "alias",
    "/v1/b": None,
}
#: The largest batch that Segment accepts.
BODY_BYTES = 512_000


class _One(msgspec.Struct, rename="camel", gc=False):
    write_key: Any = None


class _Batch(msgspec.Struct, rename="camel", gc=False):
    batch: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    write_key: Any = None
    sent_at: Any = None
    context: Any = None
    integrations: Any = None


_decode_one = msgspec.json.Decoder(_One).decode
_decode_batch = msgspec.json.Decoder(_Batch).decode
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class SegmentCall:
    """A call.

    `kind`: the type of its messages, None if each states its own; `shared`: fields for messages
    that have none of their own.
    """

    kind: MessageType | None
    key: str | None
    messages: Sequence[bytes]
    sent_at: Any
    shared: dict[str, Any]
    has_list: bool = True

    def check_count(self, most: int) -> None:
        """Raises Rejected if there is no message, RequestRefused 413 for more than `most`."""
        if not self.messages:
            raise Rejected("batch", "is empty" if self.has_list else REQUIRED)
        if len(self.messages) > most:
            message = f"A batch holds at most {most} events"
            raise RequestRefused(413, message, "TOO_MANY_EVENTS")

    @property
    def is_one(self) -> bool:
        """Whether it is a single message and not a batch."""
        return self.kind is not None

    def message(self, index: int) -> Any:
        """Decode one message. Raises Rejected."""
        raw = self.messages[index]
        try:
            message = _decode(raw)
        except DECODE_ERRORS as error:
            raise refusal_of(error, raw) from None
        return {**self.shared, **message} if isinstance(message, dict) else message

    def bytes_of(self, index: int) -> bytes:
        """A message's bytes as they were sent."""
        return restore_event(self.messages[index])


def read_call(kind: MessageType | None, body: bytes) -> SegmentCall:
    """Parse a body far enough for its key to be checked. Raises Rejected if it is malformed."""
    if kind is not None:
        one = decode_around_faults(_decode_one, body)
        return SegmentCall(kind, _key_of(one.write_key), [body], None, {})
    batch = decode_around_faults(_decode_batch, body)
    said = {"context": batch.context, "integrations": batch.integrations}
    shared = {name: value for name, value in said.items() if value is not None}
    messages = None if batch.batch is msgspec.UNSET else [bytes(raw) for raw in batch.batch]
    key = _key_of(batch.write_key)
    return SegmentCall(None, key, messages or (), batch.sent_at, shared, messages is not None)


def _key_of(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise Rejected("writeKey", "must be text")
