"""Doors of servers: signed calls and Shopify's webhooks, good ones and bad ones."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import ACTIVITY, VIEW, Answer, head, ingest_topic, post, raw
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import all_keys, hash_of, new_key, revoke, store_key
from storepulse.access.rules.administration import CLI
from storepulse.access.store_changes import create_store
from storepulse.access.store_secrets import EnteredSecret, remove_secrets, set_secret
from storepulse.adapters.clock import system_clock
from storepulse.adapters.secret_box import SecretBox
from storepulse.domain.payload_signer import PayloadSigner
from storepulse.domain.store_secrets import SecretKind
from storepulse.local import ports
from storepulse.streams.registry import STREAMS

#: One of the paths that are signed alike.
SIGNED, WEBHOOK = "/api/orders", "/webhooks/shopify"
SECRET, OTHER_SECRET = "s" * 32, "t" * 32
SHOP_SECRET = "shpss_0123456789abcdef"
DOMAIN = "signed.myshopify.com"
STORE = UUID("44444444-4444-4444-8444-444444444444")
OTHER = UUID("55555555-5555-4555-8555-555555555555")
BARE = UUID("66666666-6666-4666-8666-666666666666")
LIMIT = 5


def put_secret(
    world: World, store_id: UUID, kind: SecretKind, value: str, overlap: int = 60
) -> None:
    box = SecretBox.of(world.settings)
    with world.connect() as connection:
        new = EnteredSecret(kind, value, timedelta(seconds=overlap))
        set_secret(connection, box, CLI, store_id, new, system_clock())


@pytest.fixture(scope="module")
def secrets(module_world: World) -> None:
    """A store that signs, another one, and one without a secret."""
    with module_world.connect() as connection:
        for store_id, domain in ((STORE, DOMAIN), (OTHER, "other.example"), (BARE, None)):
            create_store(connection, CLI, system_clock(), store_id=store_id, domain=domain)
    put_secret(module_world, STORE, "signing", SECRET)
    put_secret(module_world, STORE, "shopify", SHOP_SECRET)
    put_secret(module_world, OTHER, "signing", OTHER_SECRET)
    put_secret(module_world, OTHER, "shopify", OTHER_SECRET)


@pytest.fixture(scope="module")
def gateway(module_world: World, secrets: None) -> Iterator[Service]:
    settings = changed(
        module_world.settings,
        **OPEN,
        gateway_port=ports.free_port(),
    )
    with running("gateway", settings) as service:
        port = settings.gateway_port
        wait_until(lambda: signed(port, event()).status == 202, "secrets are read", seconds=6)
        yield service


@pytest.fixture(scope="module")
def port(gateway: Service) -> int:
    return gateway.settings.gateway_port


def event(**more: Any) -> bytes:
    return json.dumps({**STREAMS["order"].sample("created", {}), **more}).encode()


def signature(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    stamp = int(time.time() if at is None else at)
    return {
        "X_Storepulse_Timestamp": str(stamp),
        "X_Storepulse_Signature": PayloadSigner([secret]).sign(body, stamp),
    }


def signed(port: int, body: bytes, secret: str = SECRET, **headers: str) -> Answer:
    sent = {"X_Storepulse_Store": str(STORE), **signature(body, secret), **headers}
    return post(port, SIGNED, body, **sent)


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def test_a_signed_call_is_its_stores_server(port: int, module_world: World) -> None:
    for store in (str(STORE), str(STORE).upper(), DOMAIN, "signed"):
        answer = signed(port, event(), X_Storepulse_Store=store)
        assert answer.status == 202, answer.json
    topic = ingest_topic(module_world.settings, "order")
    record = topic.event(answer.json["ids"][0])[1]
    topic.close()
    assert (record["store_id"], record["source"], record["ip"]) == (STORE, "server", None)


def test_50_what_no_secret_of_the_store_signed_is_refused(port: int) -> None:
    body = event()
    good = signature(body)
    mark, now = good["X_Storepulse_Signature"], time.time()
    cases: dict[str, tuple[bytes, dict[str, str]]] = {
        "another secret": (body, signature(body, "u" * 32)),
        "another store's secret": (body, signature(body, OTHER_SECRET)),
        "stale": (body, signature(body, at=now - 310)),
        "ahead": (body, signature(body, at=now + 310)),
        "another timestamp": (body, {**good, "X_Storepulse_Timestamp": str(int(now) - 1)}),
        "a changed byte": (body.replace(b"1001", b"1002"), good),
        "a blank more": (body + b" ", good),
        "no version": (body, {**good, "X_Storepulse_Signature": "0" * 64}),
        "another version": (body, {**good, "X_Storepulse_Signature": "v2=" + "0" * 64}),
        "upper case": (body, {**good, "X_Storepulse_Signature": mark.upper()}),
        "cut": (body, {**good, "X_Storepulse_Signature": mark[:-1]}),
        "not ASCII": (body, {**good, "X_Storepulse_Signature": "v1=" + "é" * 64}),
        "a sign": (body, {**good, "X_Storepulse_Timestamp": f"+{int(now)}"}),
        "no timestamp": (body, {**good, "X_Storepulse_Timestamp": ""}),
        "milliseconds": (body, {**good, "X_Storepulse_Timestamp": f"{int(now)}000"}),
        "digits of others": (body, {**good, "X_Storepulse_Timestamp": "¹²³"}),
    }  # fmt: skip
    for name, (sent, headers) in cases.items():
        answer = post(port, SIGNED, sent, X_Storepulse_Store=str(STORE), **headers)
        assert refused(answer) == (401, "INVALID_SIGNATURE"), name
        assert SECRET not in answer.body.decode()
    unsigned = post(port, SIGNED, body, X_Storepulse_Store=str(STORE))
    assert refused(unsigned) == (401, "SIGNATURE_REQUIRED")
    assert signed(port, body, X_Storepulse_Store="not a store").status == 400
    assert post(port, SIGNED, body, **good).json["details"]["field"] == "X-Storepulse-Store"
    assert signed(port, event(store_id=str(OTHER))).status == 403


def test_a_signature_header_stands_once(port: int) -> None:
    body = event()
    good = signature(body)
    twice = head(
        SIGNED,
        len(body),
        X_Storepulse_Store=str(STORE),
        X_Storepulse_Timestamp=good["X_Storepulse_Timestamp"],
        X_Storepulse_Signature="v1=" + "0" * 64,
    ).replace(
        b"\r\n\r\n",
        f"\r\nX-Storepulse-Signature: {good['X_Storepulse_Signature']}\r\n\r\n".encode(),
    )
    assert refused(raw(port, twice + body)) == (401, "INVALID_SIGNATURE")


def test_the_signature_is_over_the_bytes_that_came(port: int) -> None:
    packed = gzip.compress(event())
    assert signed(port, packed, Content_Encoding="gzip").status == 202
    plain = signature(event())
    answer = post(
        port, SIGNED, packed, Content_Encoding="gzip", X_Storepulse_Store=str(STORE), **plain
    )
    assert refused(answer) == (401, "INVALID_SIGNATURE")
    assert signed(port, b"{", Content_Type="application/json").status == 400
    assert signed(port, event(unknown_type=1, event_type="nothing")).status == 400


def test_50_nobody_learns_which_stores_there_are(port: int) -> None:
    body, old = event(), signature(event(), at=time.time() - 310)
    stores = (str(STORE), DOMAIN, str(uuid4()), "nobody.example", str(BARE))
    for proof in (signature(body, "u" * 32), old, {"X_Storepulse_Signature": "v1=" + "0" * 64}):
        answers = set()
        for store in stores:
            answer = post(port, SIGNED, body, X_Storepulse_Store=store, **proof)
            assert refused(answer) == (401, "INVALID_SIGNATURE"), store
            answers.add(answer.body)
        assert len(answers) == 1, proof


def test_a_store_without_a_secret_is_our_fault(port: int, module_world: World) -> None:
    sent = {"X_Storepulse_Store": str(BARE), "X_Api_Key": make_key(module_world, store_id=BARE)}
    wait_until(lambda: token(port, sent["X_Api_Key"]).status == 202, "a new token", seconds=6)
    answer = post(port, SIGNED, b"\xff not even JSON", **sent, **signature(b""))
    assert refused(answer) == (503, "MISCONFIGURED")
    assert int(answer.headers["retry-after"]) > 0


def test_a_repeated_call_has_one_effect(port: int) -> None:
    body = event()
    first = {"X_Storepulse_Store": str(STORE), **signature(body)}
    ids = [post(port, SIGNED, body, **first).json["ids"] for _ in range(2)]
    assert ids[0] == ids[1]
    later = signature(body, at=time.time() - 10)
    assert post(port, SIGNED, body, X_Storepulse_Store=str(STORE), **later).json["ids"] != ids[0]
    timed = event(timestamp=int(time.time() * 1000))
    again = [
        post(port, SIGNED, timed, X_Storepulse_Store=str(STORE), **signature(timed, at=at)).json
        for at in (time.time(), time.time() - 10)
    ]
    assert again[0]["ids"] == again[1]["ids"]


def test_an_api_token_stands_in_a_signatures_place(port: int, module_world: World) -> None:
    tied, free = make_key(module_world, store_id=STORE), make_key(module_world)
    public = make_key(module_world, "publishable", store_id=STORE)
    reads = make_key(module_world, scopes=("read",))
    wait_until(lambda: token(port, tied).status == 202, "a new token", seconds=6)
    assert token(port, free, X_Storepulse_Store=DOMAIN).status == 202
    # A header without a signature is none.
    assert token(port, tied, X_Storepulse_Signature="").status == 202
    other = token(port, tied, X_Storepulse_Store=str(OTHER))
    assert refused(other) == (403, "OTHER_STORE")
    for bad in (new_key("secret"), "nonsense"):
        assert refused(token(port, bad)) == (401, "INVALID_API_TOKEN")
    for weak in (public, reads):
        assert refused(token(port, weak)) == (403, "SCOPE_MISSING")
    # What a call shows must be right, all of it.
    forged = signature(event(), OTHER_SECRET)
    assert refused(token(port, tied, **forged)) == (401, "INVALID_SIGNATURE")
    unknown = signed(port, event(), X_Api_Key=new_key("secret"))
    assert refused(unknown) == (401, "INVALID_API_TOKEN")
    with module_world.connect() as connection:
        assert revoke(connection, id_of(module_world, tied))
    wait_until(lambda: token(port, tied).status == 401, "a revoked token", seconds=6)
    assert refused(token(port, tied)) == (401, "INVALID_API_TOKEN")


def test_a_secret_rotates_without_a_lost_call(port: int, module_world: World) -> None:
    def answers(secret: str) -> int:
        body = event()
        sent = signature(body, secret)
        return post(port, SIGNED, body, X_Storepulse_Store=str(OTHER), **sent).status

    newer = "n" * 32
    assert answers(OTHER_SECRET) == 202
    put_secret(module_world, OTHER, "signing", newer, overlap=5)
    statuses = set()

    def is_known() -> bool:
        statuses.add(answers(OTHER_SECRET))
        return answers(newer) == 202

    wait_until(is_known, "the new secret", seconds=4)
    assert statuses == {202}
    wait_until(lambda: answers(OTHER_SECRET) == 401, "the old one's end", seconds=10)
    with module_world.connect() as connection:
        remove_secrets(connection, CLI, OTHER, "signing", system_clock())
    wait_until(lambda: answers(newer) == 401, "a store without one", seconds=4)


def test_shopify_is_answered_200_and_has_one_effect(port: int, module_world: World) -> None:
    body = json.dumps({"id": 820982911946154508, "note": "é" * 1000}).encode()
    first, again = webhook(port, body, "w-1"), webhook(port, body, "w-1")
    assert (first.status, again.status) == (200, 200), first.json
    assert first.json["ids"] == again.json["ids"] != webhook(port, body, "w-2").json["ids"]
    topic = ingest_topic(module_world.settings, "order")
    record = topic.event(first.json["ids"][0])[1]
    topic.close()
    assert (record["store_id"], record["source"], record["ip"]) == (STORE, "server", None)
    another = webhook(port, json.dumps({"id": 5}).encode(), "w-1")
    assert (another.status, another.json["accepted"]) == (200, 1)
    assert another.json["ids"] != first.json["ids"]
    named = webhook(port, body, "w-3", path=f"{WEBHOOK}?store={STORE}", shop="shop.example")
    assert named.status == 200
    for topic in ("products/update", "é"):
        ignored = webhook(port, body, "w-4", topic=topic)
        assert (ignored.status, ignored.json["status"]) == (200, "ignored")
        assert ignored.json["reason"].startswith("X-Shopify-Topic is not one of orders/create, ")
    nameless = webhook(port, body, "w-4", topic="")
    assert (nameless.status, nameless.json["details"]["field"]) == (400, "X-Shopify-Topic")


@pytest.mark.parametrize(
    "odd",
    [
        b'"processed_at": "1999-01-01T00:00:00Z"', b'"created_at": "9999-01-01T00:00:00Z"',
        b'"updated_at": "2020-01-01T00:00:00Z"', b'"note": "Sold \\ud83d"', b'"weight": 1e999',
        b'"weight": ' + b"9" * 5_000, b'"name": "\\ud800"', b'"name": "undefined"',
        b'"refunds": [%s]' % b",".join(
            b'{"id": %d, "transactions": [{"kind": "refund", "status": "success", "amount": "1"}]}'
            % number for number in range(1, 700)
        ),
    ],
)  # fmt: skip
def test_what_is_odd_in_an_order_does_not_cost_it(port: int, odd: bytes) -> None:
    for topic in ("orders/create", "orders/updated"):
        answer = webhook(port, b'{"id": 78, "total_price": "9.00", %s}' % odd, "odd", topic=topic)
        assert answer.status == 200, answer.json
        assert (answer.json["status"], answer.json["rejected"]) == ("accepted", [])


def test_an_order_of_hundreds_of_lines_is_kept(port: int, module_world: World) -> None:
    def order(title: str) -> bytes:
        lines = [
            {"product_id": 10**13 + at, "title": title, "quantity": 1, "price": f"{at}.50"}
            for at in range(600)
        ]
        shown = {"id": 77, "total_price": "100.00", "currency": "EUR", "line_items": lines}
        return json.dumps(shown).encode()

    titles = {"short": "Shirt", "long": "服" * 255}
    short, long = (webhook(port, order(title), name) for name, title in titles.items())
    assert (short.status, long.status) == (200, 200), (short.json, long.json)
    topic = ingest_topic(module_world.settings, "order")
    records = [topic.event(answer.json["ids"][0])[1] for answer in (short, long)]
    topic.close()
    for record in records:
        assert (record["order_id"], str(record["value"])) == ("77", "100.0000")
    with_names, without = (json.loads(record["items"]) for record in records)
    assert (len(with_names), len(without)) == (100, 100)
    assert with_names[0]["name"] == "Shirt"
    assert not without[0].get("name")


def test_shopify_may_send_large_bodies(port: int) -> None:
    body = json.dumps({"id": 1, "note": "x" * 1_900_000}).encode()
    assert webhook(port, body, "large").status == 200
    too_large = json.dumps({"id": 1, "note": "x" * 2_100_000}).encode()
    assert webhook(port, too_large, "larger").status == 413


def test_50_shops_that_are_not_ours_are_told_nothing(port: int) -> None:
    body = b'{"id": 1}'
    bare = webhook(port, body, "w", shop=None)
    answers = {
        "wrong secret": webhook(port, body, "w", secret="x" * 20),
        "another store's": webhook(port, body, "w", secret=OTHER_SECRET),
        "unknown shop": webhook(port, body, "w", shop="nobody.myshopify.com"),
        "no secret": webhook(port, body, "w", path=f"{WEBHOOK}?store={BARE}"),
        "no shop": bare,
        "odd shop": webhook(port, body, "w", shop="%%%"),
        "unsigned": post(port, WEBHOOK, body, X_Shopify_Shop_Domain=DOMAIN),
        "a key": post(port, WEBHOOK, body, X_Api_Key=new_key("secret")),
        "no base64": post(
            port, WEBHOOK, body, X_Shopify_Shop_Domain=DOMAIN, X_Shopify_Hmac_Sha256="é"
        ),
    }
    said = {
        (answer.status, answer.json["code"], answer.json["message"]) for answer in answers.values()
    }
    assert len(said) == 1, said
    assert said.pop()[:2] == (401, "INVALID_SIGNATURE")


def test_bad_webhooks_get_a_reason(port: int) -> None:
    for body in (
        b"",
        b"{",
        b"[]",
        b"{}",
        b'"x"',
        b'{"id": 1e999}',
        b'{"id": [1]}',
        b"\xff",
        b"[" * 100_000,
    ):
        answer = webhook(port, body, "bad")
        assert answer.status == 400, body[:20]
        assert "reason" in answer.json["details"]


def test_wrong_signatures_use_up_the_address_and_right_ones_pass(
    module_world: World, secrets: None
) -> None:
    settings = changed(
        module_world.settings,
        **OPEN | {"limit_events_per_minute": LIMIT},
        gateway_port=ports.free_port(),
        gateway_require_key=True,
    )
    body = event()
    wrong = {"X_Storepulse_Store": str(STORE), **signature(body, "w" * 32)}
    secret_key = make_key(module_world, store_id=STORE)
    publishable = make_key(module_world, "publishable", store_id=STORE)
    view = {**VIEW, "store_id": str(STORE)}
    with running("gateway", settings):
        port = settings.gateway_port
        wait_until(lambda: post(port, ACTIVITY, view, X_Api_Key=secret_key).status == 202, "keys")
        wait_until(lambda: signed(port, body).status == 202, "secrets", seconds=6)
        statuses = [post(port, SIGNED, body, **wrong).status for _ in range(LIMIT + 3)]
        assert set(statuses[:LIMIT]) <= {401, 429}
        assert statuses[-3:] == [429] * 3
        # Servers of the shop behind the same address go on, as often as they like.
        for _ in range(3 * LIMIT):
            assert signed(port, body).status == 202
            assert post(port, ACTIVITY, view, X_Api_Key=secret_key).status == 202
        # So do its pages: their sessions have limits of their own.
        assert post(port, ACTIVITY, view, X_Api_Key=publishable).status == 202
        for key in (new_key("secret"), ""):
            assert post(port, ACTIVITY, view, X_Api_Key=key).status == 429
        assert post(port, WEBHOOK, b"{}", X_Shopify_Hmac_Sha256="x").status == 429


def test_no_page_sends_what_servers_alone_may(module_world: World, port: int) -> None:
    public = make_key(module_world, "publishable", store_id=STORE)
    secret = make_key(module_world, store_id=STORE)
    collected = {"stream": "order", "events": [STREAMS["order"].sample("created", {})]}
    wait_until(
        lambda: post(port, "/collect", collected, X_Api_Key=secret).status == 202, "keys", seconds=6
    )
    for headers in ({}, {"X_Api_Key": public}):
        assert refused(post(port, "/collect", collected, **headers)) == (403, "SECRET_KEY_REQUIRED")
    page = post(port, SIGNED, event(), Origin="https://shop.example")
    assert not [name for name in page.headers if name.startswith("access-control")]


def token(port: int, key: str, **headers: str) -> Answer:
    return post(port, SIGNED, event(), Authorization=f"Bearer {key}", **headers)


def make_key(
    world: World,
    kind: str = "secret",
    scopes: tuple[str, ...] = ("ingest",),
    store_id: UUID | None = None,
) -> str:
    key = new_key(kind)
    with world.connect() as connection:
        store_key(connection, key, kind=kind, scopes=list(scopes), store_id=store_id)
    return key


def id_of(world: World, key: str) -> UUID:
    with world.connect() as connection:
        return next(k.key_id for k in all_keys(connection) if bytes(k.key_hash) == hash_of(key))


def webhook(
    port: int,
    body: bytes,
    webhook_id: str,
    *,
    secret: str = SHOP_SECRET,
    shop: str | None = DOMAIN,
    topic: str = "orders/create",
    path: str = WEBHOOK,
) -> Answer:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    headers = {
        "X_Shopify_Hmac_Sha256": base64.b64encode(digest).decode(),
        "X_Shopify_Topic": topic,
        "X_Shopify_Webhook_Id": webhook_id,
        **({} if shop is None else {"X_Shopify_Shop_Domain": shop}),
    }
    return post(port, path, body, **headers)
