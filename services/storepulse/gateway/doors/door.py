"""The protocol of doors, and functions that they share."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from storepulse.access.keys import ApiKey
from storepulse.access.rules.needs import CHALLENGE
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.http.exchange import Exchange
from storepulse.gateway.call import Call
from storepulse.streams.beacon import AnyBeacon

#: The retry delay for a store without a secret, which may get one meanwhile.
MISCONFIGURED_SECONDS = 60


class Door(Protocol):
    """A way for servers to authenticate their calls."""

    def check_head(self, call: Call, exchange: Exchange) -> None:
        """Check what the head alone shows. Raises RequestRefused 400, 401, 403 or 503."""

    def admit(self, call: Call, exchange: Exchange) -> ApiKey:
        """The key that the call counts as, by its head and its raw body.

        Raises RequestRefused 400, 401, 403 or 503.
        """

    def name_events(self, beacons: list[AnyBeacon], call: Call, exchange: Exchange) -> None:
        """Give events without an id one derived from the call, so that a repeated call has no
        effect."""


def only_header(call: Call, name: bytes) -> str:
    """A header that may occur only once; "" if it is absent.

    Raises RequestRefused 401 if it is repeated: a proxy may read the first value and we the last.
    """
    value = call.headers.get(name)
    if value is None:
        return ""
    if sum(sent == name for sent, _ in call.pairs) > 1:
        raise unproven(f"The header {name.decode().title()} was sent twice")
    return value.decode("latin-1").strip()


def unproven(message: str, code: str = "INVALID_SIGNATURE") -> RequestRefused:
    """401: the call does not prove who sent it."""
    return RequestRefused(401, message, code, headers=((b"www-authenticate", CHALLENGE.encode()),))


def has_id(beacon: AnyBeacon) -> bool:
    """Whether the sender stated an id for the event."""
    return bool(beacon.event_id or beacon.idempotency_key or beacon.message_id or beacon.id)


def needs_secret_key() -> RequestRefused:
    """403: pages may not send such events, because anyone can read a page's key."""
    message = "Events of this stream require a secret key with scope ingest"
    return RequestRefused(403, message, "SECRET_KEY_REQUIRED")


def secrets_unavailable_refusal() -> RequestRefused:
    """503 while no secrets are loaded and signatures cannot be checked."""
    return RequestRefused.unavailable("Signing secrets are not known yet", "KEYS_UNAVAILABLE")


def key_of_store(store_id: str, name: str) -> ApiKey:
    """The key that a signature counts as: a secret key of the store for ingestion only.

    `name` identifies the kind of signature. Rate limits are counted by store.
    """
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
