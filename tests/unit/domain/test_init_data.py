"""Telegram's init data: what is proven counts, everything else is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from storepulse.domain.errors import Rejected
from storepulse.domain.init_data import (
    MOST_AGE,
    MOST_AHEAD,
    init_data_by_signature,
    init_data_by_token,
)

NOW = 1_767_268_800
TEST_KEY = "40055058a4ee38156a06562e52eece92a771bcd8346a8c4615cb7376eddf72ec"
TOKEN, OTHER = "123456789:A", "123456789:B"
BOT = "123456789"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw().hex()
FIELDS = {"auth_date": str(NOW), "user": '{"id":42}', "start_param": "x"}


def lines(fields: dict[str, str], *left_out: str) -> bytes:
    return "\n".join(f"{n}={fields[n]}" for n in sorted(fields) if n not in left_out).encode()


def hashed(fields: dict[str, str], token: str = TOKEN) -> str:
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return urlencode(fields | {"hash": hmac.new(key, lines(fields), hashlib.sha256).hexdigest()})


def signed(fields: dict[str, str], bot: str = BOT) -> str:
    signature = KEY.sign(f"{bot}:WebAppData\n".encode() + lines(fields, "hash"))
    text = base64.urlsafe_b64encode(signature).decode().rstrip("=")
    return urlencode(fields | {"signature": text})


names = st.text("abcdefgh_", min_size=1, max_size=8).filter(lambda name: name != "hash")
values = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(names, values, max_size=6))
def test_what_telegram_proved_counts_both_ways(more: dict[str, str]) -> None:
    fields = FIELDS | more
    for said in (
        init_data_by_token(hashed(fields), [OTHER, TOKEN], NOW),
        init_data_by_signature(signed(fields), ["1", BOT], NOW, public_key=PUBLIC),
    ):
        assert (said.user_id, said.start_param) == (42, "x")
        assert all(said.fields[name] == value for name, value in fields.items())


def test_the_signature_is_among_what_the_hash_covers() -> None:
    fields = dict(FIELDS) | {"signature": "s"}
    assert init_data_by_token(hashed(fields), [TOKEN], NOW).user_id == 42
    without = hashed(FIELDS) + "&signature=s"
    with pytest.raises(Rejected, match="not signed"):
        init_data_by_token(without, [TOKEN], NOW)


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "a=b", hashed(FIELDS, OTHER),
        hashed(FIELDS).replace("start_param=x", "start_param=y"),
        hashed(FIELDS) + "&a=b", "auth_date=1&" + hashed(FIELDS), hashed(FIELDS)[:-1],
        hashed(FIELDS).replace("hash=", "hash=%C3%A9"), "hash=" + "0" * 64, "&".join(["a=b"] * 40),
        hashed(FIELDS | {"a": "b\nc=d"}), hashed(FIELDS) + "&%ff=%fe", "a=" + "x" * 9_000,
    ],
)  # fmt: skip
def test_what_no_token_proves_is_refused(text: str) -> None:
    with pytest.raises(Rejected) as rejected:
        init_data_by_token(text, [TOKEN], NOW)
    assert rejected.value.field == "init_data"
    assert TOKEN not in str(rejected.value)


@pytest.mark.parametrize(
    "text",
    [
        "a=b", "signature=%21", signed(FIELDS, "987654321"), signed(FIELDS) + "&a=b",
        signed(FIELDS).replace("start_param=x", "start_param=y"), signed(FIELDS)[:-4],
        urlencode(FIELDS | {"signature": "A" * 86}),
    ],
)  # fmt: skip
def test_what_telegram_did_not_sign_is_refused(text: str) -> None:
    with pytest.raises(Rejected, match="init_data"):
        init_data_by_signature(text, [BOT], NOW, public_key=PUBLIC)


def test_telegrams_test_servers_have_another_key() -> None:
    with pytest.raises(Rejected):
        init_data_by_signature(signed(FIELDS), [BOT], NOW, public_key=TEST_KEY)


def test_nobodys_init_data_counts_for_no_bot() -> None:
    with pytest.raises(Rejected):
        init_data_by_token(hashed(FIELDS), [], NOW)
    with pytest.raises(Rejected):
        init_data_by_signature(signed(FIELDS), [], NOW, public_key=PUBLIC)


@pytest.mark.parametrize(
    ("now", "counts"),
    [
        (NOW + MOST_AGE, True), (NOW + MOST_AGE + 1, False), (NOW - MOST_AHEAD, True),
        (NOW - MOST_AHEAD - 1, False),
    ],
)  # fmt: skip
def test_it_is_fresh_for_a_day(now: int, counts: bool) -> None:
    said: Any = nullcontext() if counts else pytest.raises(Rejected, match="seconds")
    with said:
        init_data_by_token(hashed(FIELDS), [TOKEN], now)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"auth_date": ""}, "auth_date"), ({"auth_date": "1.5"}, "auth_date"),
        ({"auth_date": "١٢٣"}, "auth_date"), ({"user": "{"}, "user"), ({"user": "[]"}, "user"),
        ({"user": '{"id":"42"}'}, "user"), ({"user": '{"id":true}'}, "user"),
        ({"user": '{"id":9223372036854775808}'}, "user"), ({"user": "[" * 2_000}, "user"),
    ],
)  # fmt: skip
def test_what_is_proven_must_also_be_readable(changed: dict[str, str], reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        init_data_by_token(hashed(FIELDS | changed), [TOKEN], NOW)


def test_an_app_may_be_opened_without_a_user() -> None:
    said = init_data_by_token(hashed({"auth_date": str(NOW)}), [TOKEN], NOW)
    assert (said.user_id, said.start_param) == (None, None)
