"""How the demo's shops get their secrets, and sign."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from storepulse.demo import shop_secrets
from storepulse.demo.beacons import BeaconRequest, ManifestEntry
from storepulse.demo.scenes import carts
from storepulse.demo.shop_secrets import ShopSecrets
from storepulse.demo.shops import shops
from storepulse.demo.webhook import OrderWebhook
from storepulse.domain.errors import Rejected
from storepulse.domain.payload_signer import SIGNATURE_HEADER, TIMESTAMP_HEADER, PayloadSigner

SECRETS = ShopSecrets("ssk_demo")
NOW = 1_795_240_800.0


def request(store: str, proof: Any) -> BeaconRequest:
    entry = ManifestEntry("campaign", "WEBAPP_OPEN", store, "fresh", {})
    return BeaconRequest("/ingest", [entry], "198.18.0.1", "Test/1.0", proof=proof)


def test_a_signed_request_is_its_own_shops() -> None:
    first, second = (shop.store_id for shop in shops(2))
    body = b'{"event":"WEBAPP_OPEN"}'
    headers = SECRETS.headers_of(request(first, "signing"), body, NOW)
    stated = headers[TIMESTAMP_HEADER], headers[SIGNATURE_HEADER]
    assert headers["X-Storepulse-Store"] == first
    PayloadSigner([SECRETS.secret_of(first, "signing")]).check(body, *stated, NOW)
    with pytest.raises(Rejected):
        PayloadSigner([SECRETS.secret_of(second, "signing")]).check(body, *stated, NOW)
    assert SECRETS.headers_of(request(first, "key"), body, NOW) == {}


def test_a_webhook_is_signed_as_shopify_signs() -> None:
    shop = shops(2)[1]
    webhook = OrderWebhook("w-1", "orders/paid", shop.domain, shop.store_id, {"id": 1})
    sent = request(shop.store_id, "shopify")
    sent.webhook = webhook
    headers = SECRETS.headers_of(sent, webhook.body(), NOW)
    secret = SECRETS.secret_of(shop.store_id, "shopify")
    assert secret != SECRETS.secret_of(shop.store_id, "signing")
    digest = hmac.new(secret.encode(), b'{"id":1}', hashlib.sha256).digest()
    assert headers == {
        "X-Shopify-Topic": "orders/paid",
        "X-Shopify-Shop-Domain": shop.domain,
        "X-Shopify-Webhook-Id": "w-1",
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
    }


@pytest.mark.parametrize(("refused", "is_entered"), [(None, True), ("POST", False), ("PUT", False)])
def test_secrets_are_entered_once(
    monkeypatch: pytest.MonkeyPatch, refused: str | None, is_entered: bool
) -> None:
    kept: dict[str, list[str]] = {}
    waited: list[float] = []
    monkeypatch.setattr(shop_secrets.time, "sleep", waited.append)

    def call(method: str, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        if method == refused:
            return 403, {}
        if method == "POST":
            return 201, {}
        secrets = kept.setdefault(path.partition("/secrets")[0], [])
        if body is not None and body["secret"] not in secrets:
            secrets.append(body["secret"])
        return 200, {"data": list(secrets)}

    assert SECRETS.enter(call, shops(3)) is is_entered
    if is_entered:
        assert SECRETS.enter(call, shops(3))
        assert sorted(map(len, kept.values())) == [1, 1, 2]
    # New secrets alone are waited for.
    assert waited == [shop_secrets.SETTLING_SECONDS] * is_entered


def test_shops_are_declared_with_a_name_and_their_currency() -> None:
    declared: list[Any] = []

    def call(method: str, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        if path == "/api/stores":
            declared.append(body)
        return 403, {}

    SECRETS.enter(call, shops(1))
    carts.prepare(call)
    assert declared == [
        {"domain": "demo-aurora.myshopify.com", "name": "Aurora", "settings": {"currency": "EUR"}},
        {"domain": "demo-willow.myshopify.com", "name": "Willow", "settings": {"currency": "EUR"}},
    ]
    assert shops(21)[20].declaration["name"] == "Aurora 2"
