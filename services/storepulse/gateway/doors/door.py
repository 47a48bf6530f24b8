"""What a door does, and what doors share."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from storepulse.access.keys import ApiKey
from storepulse.access.rules.needs import CHALLENGE
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.http.exchange import Exchange
from storepulse.gateway.call import Call
from storepulse.streams.beacon import AnyBeacon

#: Seconds until a store without a secret may have one.
MISCONFIGURED_SECONDS = 60


class Door(Protocol):
    """One way for servers to prove who they are."""

    def check_head(self, call: Call, exchange: Exchange) -> None:
        """What the head alone tells. Raises RequestRefused 400, 401, 403 or 503."""

    def admit(self, call: Call, exchange: Exchange) -> ApiKey:
        """The key that the call counts as, by its head and the bytes of its body as they came.

        Raises RequestRefused 400, 401, 403 or 503.
        """

    def name_events(self, beacons: list[AnyBeacon], call: Call, exchange: Exchange) -> None:
        """Gives events without an id of their own one of the call's, so that whoever repeats the
        call, on purpose or not, has no second effect."""


def only_header(call: Call, name: bytes) -> str:
    """A header of which there may be one alone; "" where it is absent.

    Who forwards a call may read the first of two, and we the last: raises RequestRefused 401.
    """
    value = call.headers.get(name)
    if value is None:
        return ""
    if sum(sent == name for sent, _ in call.pairs) > 1:
        raise unproven(f"The header {name.decode().title()} was sent twice")
    return value.decode("latin-1").strip()


def unproven(message: str, code: str = "INVALID_SIGNATURE") -> RequestRefused:
    """401: the call does not prove whose it is."""
    return RequestRefused(401, message, code, headers=((b"www-authenticate", CHALLENGE.encode()),))


def has_id(beacon: AnyBeacon) -> bool:
    """Whether a sender named the event."""
    return bool(beacon.event_id or beacon.idempotency_key or beacon.message_id or beacon.id)


def needs_secret_key() -> RequestRefused:
    """403: no page may send such events, and whoever reads a page has its key."""
    message = "Events of this stream require a secret key with scope ingest"
    return RequestRefused(403, message, "SECRET_KEY_REQUIRED")


def secrets_unavailable_refusal() -> RequestRefused:
    """503 while no secret could be read: nobody can tell a good signature from a bad one."""
    return RequestRefused.unavailable("Signing secrets are not known yet", "KEYS_UNAVAILABLE")


def key_of_store(store_id: str, name: str) -> ApiKey:
    """What a signature counts as: a secret key of the store that sends events and nothing else.
    `name` says which signature. Limits are counted by the store."""
    return ApiKey(
        key_id=UUID(store_id),
        kind="secret",
        key_hash=b"",
        hint=name,
        store_id=UUID(store_id),
        scopes=["ingest"],
        origins=[],
        revoked=False,
    )
