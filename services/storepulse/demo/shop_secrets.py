"""The secrets with which the demo's shops sign, set through the API.

A shop's secret is derived from the run's key, so that a second run has the same one.
"""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from storepulse.demo.beacons import BeaconRequest
from storepulse.demo.shops import Shop
from storepulse.domain.payload_signer import SIGNATURE_HEADER, TIMESTAMP_HEADER, PayloadSigner
from storepulse.domain.store_secrets import SecretKind

#: How long gateways may take to learn a new secret.
SETTLING_SECONDS = 3.0
_KINDS: tuple[SecretKind, ...] = ("signing", "shopify")
#: (method, path, body) -> status and JSON of the answer.
Call = Callable[[str, str, dict[str, Any] | None], tuple[int, dict[str, Any]]]


@dataclass(frozen=True)
class ShopSecrets:
    """The secrets of all shops. `key` is the run's secret key."""

    key: str

    def secret_of(self, store_id: str, kind: SecretKind) -> str:
        """A shop's secret of a kind."""
        return hmac.digest(self.key.encode(), f"{kind} {store_id}".encode(), "sha256").hex()

    def headers_of(self, request: BeaconRequest, body: bytes, now_seconds: float) -> dict[str, str]:
        """The headers that authenticate a signed request; empty if a key authenticates it."""
        store_id = request.entries[0].store_id
        if request.proof == "signing":
            timestamp = int(now_seconds)
            signer = PayloadSigner([self.secret_of(store_id, "signing")])
            return {
                "X-Storepulse-Store": store_id,
                TIMESTAMP_HEADER: str(timestamp),
                SIGNATURE_HEADER: signer.sign(body, timestamp),
            }
        if request.webhook is not None:
            secret = self.secret_of(store_id, "shopify").encode()
            digest = base64.b64encode(hmac.digest(secret, body, "sha256")).decode()
            return request.webhook.headers() | {"X-Shopify-Hmac-Sha256": digest}
        return {}

    def enter(self, call: Call, shops: Iterable[Shop]) -> bool:
        """Creates the shops, sets their secrets and waits until gateways know them. Returns False
        if the key lacks the permission."""
        is_new = False
        for shop in shops:
            status, _ = call("POST", "/api/stores", shop.declaration)
            if status not in (201, 409):
                return False
            path = f"/api/stores/{shop.store_id}/secrets"
            _, before = call("GET", path, None)
            for kind in _KINDS if shop.has_webhooks else _KINDS[:1]:
                secret = {"secret": self.secret_of(shop.store_id, kind)}
                status, after = call("PUT", f"{path}/{kind}", secret)
                if status != 200:
                    return False
            is_new |= before.get("data") != after.get("data")
        if is_new:
            time.sleep(SETTLING_SECONDS)
        return True
