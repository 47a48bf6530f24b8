"""Secrets and a key of the load's stores, and what calls made with them have in their head."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import psycopg
from tests.fault.maker import STORES

from storepulse.access.keys import new_key, store_key
from storepulse.access.rules.administration import CLI
from storepulse.access.store_changes import create_store
from storepulse.access.store_secrets import EnteredSecret, set_secret
from storepulse.adapters.clock import system_clock
from storepulse.adapters.secret_box import SecretBox
from storepulse.adapters.settings import Settings
from storepulse.domain.payload_signer import SIGNATURE_HEADER, TIMESTAMP_HEADER, PayloadSigner

SIGNING, SHOPIFY = "s" * 32, "shpss_0123456789abcdef"
#: A secret key that may send events of every store.
KEY = new_key("secret")
SECRETS = (
    EnteredSecret("signing", SIGNING, timedelta(0)),
    EnteredSecret("shopify", SHOPIFY, timedelta(0)),
)


def put_secrets(settings: Settings) -> None:
    """Makes the key, and the stores with a secret of each kind."""
    box, now = SecretBox.of(settings), system_clock()
    with psycopg.connect(settings.dsn, autocommit=True) as connection:
        store_key(connection, KEY, kind="secret", scopes=["ingest"])
        for store, domain in STORES.items():
            create_store(connection, CLI, now, store_id=UUID(store), domain=domain)
            for new in SECRETS:
                set_secret(connection, box, CLI, UUID(store), new, now)


def signed_headers(body: bytes, store: str, at: float) -> dict[str, str]:
    """Of a call that a shop's server signs."""
    timestamp = int(at)
    return {
        "X-Storepulse-Store": store,
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: PayloadSigner([SIGNING]).sign(body, timestamp),
    }


def keyed_headers(_body: bytes, _store: str, _at: float) -> dict[str, str]:
    """Of a call with the secret key."""
    return {"Authorization": f"Bearer {KEY}"}
