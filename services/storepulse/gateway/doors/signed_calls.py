"""Calls of shops' servers, signed with a secret of the store or with an API token.

Everything that a call shows must be valid: a good token does not make up for a bad signature. The
store is the one in X-Storepulse-Store, by id or domain, else the token's. The signature covers the
raw body, before decompression. A wrong signature, an unknown store and a store without a secret get
the same answer, so that nobody learns which stores exist. A caller with a valid token for a store
without a secret gets 503, because the fault is ours.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from time import time
from uuid import UUID

from storepulse.access.keys import ApiKey
from storepulse.access.store_table import KnownStore, StoreTable
from storepulse.adapters.http.errors import RequestRefused, refusal_of_error
from storepulse.adapters.http.exchange import Exchange
from storepulse.adapters.logging import logger
from storepulse.domain.errors import Rejected
from storepulse.domain.identity import is_uuid
from storepulse.domain.payload_signer import SIGNATURE_HEADER, TIMESTAMP_HEADER, PayloadSigner
from storepulse.domain.stores import normalised_domain
from storepulse.gateway.call import Call
from storepulse.gateway.doors.door import (
    MISCONFIGURED_SECONDS,
    has_id,
    key_of_store,
    only_header,
    secrets_unavailable_refusal,
    unproven,
)
from storepulse.gateway.key_checks import KeyChecks
from storepulse.streams.beacon import AnyBeacon

STORE_HEADER = "X-Storepulse-Store"
_STORE, _SIGNATURE, _TIMESTAMP = (
    name.lower().encode() for name in (STORE_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER)
)
#: The secrets of unknown stores and of stores without one; nobody knows them.
_NOBODYS = (os.urandom(32).hex(),)


class SignedCalls:
    """The door of `/ingest` and of other calls with the same signatures."""

    def __init__(self, checks: KeyChecks, stores: StoreTable) -> None:
        self._checks, self._stores = checks, stores

    def check_head(self, call: Call, exchange: Exchange) -> None:
        """Check the token and the headers of a signature. Raises RequestRefused 400, 401, 403 or
        503."""
        self._read(call)

    def admit(self, call: Call, exchange: Exchange) -> ApiKey:
        """The key that the call counts as. Raises RequestRefused 400, 401, 403 or 503."""
        token, store_id, secrets = self._read(call)
        if secrets:
            signature, timestamp = only_header(call, _SIGNATURE), only_header(call, _TIMESTAMP)
            try:
                PayloadSigner(secrets).check(bytes(exchange.body), timestamp, signature, time())
            except Rejected as rejected:
                raise unproven(f"{rejected.field} {rejected.reason}") from None
            assert store_id is not None  # noqa: S101 - nobody signs with nobody's secret
            return key_of_store(store_id, "signature")
        assert token is not None  # noqa: S101 - else the head was refused
        return token if store_id is None else replace(token, store_id=UUID(store_id))

    def name_events(self, beacons: list[AnyBeacon], call: Call, exchange: Exchange) -> None:
        """Derive ids from the signed bytes for events with neither id nor time.

        Other events get an id from their content, whenever they are signed.
        """
        if not only_header(call, _SIGNATURE):
            return
        digest = ""
        for index, beacon in enumerate(beacons):
            if beacon.timestamp is None and not has_id(beacon):
                signed = call.headers[_TIMESTAMP] + b"." + exchange.body
                digest = digest or hashlib.sha256(signed).hexdigest()
                beacon.idempotency_key = f"signed:{digest}:{index}"

    def _read(self, call: Call) -> tuple[ApiKey | None, str | None, tuple[str, ...]]:
        """The valid token, the named store, and the secrets of which one must have signed the call.

        If the store is unknown or has no secret, the secrets are `_NOBODYS`.
        """
        token = self._checks.api_token_of(call) if call.sent_key else None
        signature = only_header(call, _SIGNATURE)
        if not signature and token is None:
            raise unproven(f"{SIGNATURE_HEADER} or an API token is required", "SIGNATURE_REQUIRED")
        named = only_header(call, _STORE)
        tied = None if token is None or token.store_id is None else str(token.store_id)
        store_id = self._id_of(named, is_signed=bool(signature)) if named else tied
        if tied is not None and store_id != tied:
            raise RequestRefused(403, "The API token belongs to another store", "OTHER_STORE")
        if not signature:
            return token, store_id, ()
        if store_id is None and not named:
            raise refusal_of_error(Rejected(STORE_HEADER, "is missing"))
        return token, store_id, self._secrets_of(store_id, has_token=token is not None)

    def _id_of(self, named: str, *, is_signed: bool) -> str | None:
        """The id of a store that is named by id or domain.

        None for the unknown domain of a signed call, which is answered like a wrong signature.
        Raises RequestRefused 400 for a malformed name, 401 or 503 for an unknown domain.
        """
        if is_uuid(named):
            return named.lower()
        try:
            domain = normalised_domain(named, STORE_HEADER)
        except Rejected as rejected:
            raise refusal_of_error(rejected) from None
        store: KnownStore | None = self._stores.find_by_domain(domain)
        if store is None:
            if not self._stores.is_loaded:
                raise secrets_unavailable_refusal()
            if not is_signed:
                raise unproven("The API token is that of no such store")
            return None
        return store.store_id

    def _secrets_of(self, store_id: str | None, *, has_token: bool) -> tuple[str, ...]:
        secrets = () if store_id is None else self._stores.secrets_of(store_id, "signing")
        if secrets:
            return secrets
        if not self._stores.secrets.is_loaded:
            raise secrets_unavailable_refusal()
        if store_id is None or self._stores.find(store_id) is None:
            return _NOBODYS
        logger().error("misconfigured", store=store_id, reason="it has no signing secret")
        if not has_token:
            return _NOBODYS
        raise RequestRefused.unavailable(
            "The store has no signing secret here yet", "MISCONFIGURED", MISCONFIGURED_SECONDS
        )
