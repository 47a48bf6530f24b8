"""Signatures after Standard Webhooks, with PyPI's library as the judge."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
import standardwebhooks
from tests.support.generated_records import SEED

from storepulse.domain.errors import Rejected
from storepulse.domain.signing import check_secret, new_secret, signature_header, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type":"events","note":"größer \U0001f6d2"}'.encode()
NOW = 1_767_268_810


def headers(secrets: list[str], timestamp: int = NOW, body: bytes = BODY) -> dict[str, str]:
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": signature_header(secrets, "msg_1", timestamp, body),
    }


def reason(secrets: list[str], sent: dict[str, str], body: bytes = BODY, now: float = NOW) -> str:
    with pytest.raises(Rejected) as rejected:
        verify(secrets, sent, body, now)
    return str(rejected.value)


def test_the_specifications_own_example() -> None:
    body = b'{"test": 2432232314}'
    message_id, timestamp = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    assert (
        signature_header([SECRET], message_id, timestamp, body)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_the_ordinary_library_takes_what_we_sign() -> None:
    draw = random.Random(SEED)
    for size in (24, 32, 64):
        secret = new_secret(draw.randbytes(size))
        now = int(datetime.now(UTC).timestamp())
        sent = {name.lower(): value for name, value in headers([secret], now).items()}
        assert standardwebhooks.Webhook(secret).verify(BODY, sent) is not None
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            standardwebhooks.Webhook(secret).verify(BODY + b" ", sent)


def test_we_take_what_the_ordinary_library_signs() -> None:
    at = datetime.fromtimestamp(NOW, UTC)
    signature = standardwebhooks.Webhook(SECRET).sign("msg_1", at, BODY.decode())
    verify([SECRET], {**headers([SECRET]), "Webhook-Signature": signature}, BODY, NOW)


def test_while_rotating_receivers_with_either_secret_are_content() -> None:
    draw = random.Random(SEED)
    new, old, other = (new_secret(draw.randbytes(32)) for _ in range(3))
    sent = headers([new, old])
    assert sent["Webhook-Signature"].count("v1,") == 2
    verify([new], sent, BODY, NOW)
    verify([old], sent, BODY, NOW)
    verify([other, old], sent, BODY, NOW)
    assert reason([other], sent) == "webhook-signature: does not match any of the secrets"
    now = int(datetime.now(UTC).timestamp())
    fresh = {name.lower(): value for name, value in headers([new, old], now).items()}
    for secret in (new, old):
        standardwebhooks.Webhook(secret).verify(BODY, fresh)


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_a_header_that_is_missing_or_empty(name: str) -> None:
    sent = headers([SECRET])
    assert reason([SECRET], {**sent, name: ""}) == f"{name.lower()}: is missing"
    del sent[name]
    assert reason([SECRET], sent) == f"{name.lower()}: is missing"


@pytest.mark.parametrize(
    ("age", "part"),
    [(301, "old"), (-301, "ahead"), (10**9, "old")],
)
def test_a_stale_timestamp(age: int, part: str) -> None:
    assert part in reason([SECRET], headers([SECRET], NOW - age))


@pytest.mark.parametrize("age", [300, 0, -300])
def test_a_timestamp_within_tolerance(age: int) -> None:
    verify([SECRET], headers([SECRET], NOW - age), BODY, NOW)


@pytest.mark.parametrize("text", ["", "now", "-1", "+5", "1.5", "1_0", " 5", "٣", "9" * 13])
def test_a_timestamp_that_is_no_number(text: str) -> None:
    sent = {**headers([SECRET]), "Webhook-Timestamp": text}
    assert reason([SECRET], sent).startswith("webhook-timestamp: is ")


@pytest.mark.parametrize(
    "change",
    [
        {"Webhook-Id": "msg_2"},
        {"Webhook-Timestamp": str(NOW + 1)},
        {"Webhook-Signature": "v1,"},
        {"Webhook-Signature": "v1,ü"},
        {"Webhook-Signature": "nonsense"},
    ],
)
def test_what_was_changed_on_the_way(change: dict[str, str]) -> None:
    assert "does not match" in reason([SECRET], {**headers([SECRET]), **change})


def test_another_version_of_signature_is_no_signature() -> None:
    sent = headers([SECRET])
    sent["Webhook-Signature"] = sent["Webhook-Signature"].replace("v1,", "v1a,")
    assert "does not match" in reason([SECRET], sent)


def test_a_changed_body() -> None:
    assert "does not match" in reason([SECRET], headers([SECRET]), BODY + b" ")


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "secret", SECRET.removeprefix("whsec_"), "whsec_!!!", "whsec_c2hvcnQ=",
     "whsec_" + "QUFB" * 30],
)  # fmt: skip
def test_a_secret_that_signs_nothing(secret: str) -> None:
    with pytest.raises(Rejected) as rejected:
        check_secret("secrets.signing", secret)
    assert rejected.value.field == "secrets.signing"
    assert len(secret) <= len("whsec_") or secret not in rejected.value.reason


@pytest.mark.parametrize("size", [0, 23, 65])
def test_entropy_of_another_size(size: int) -> None:
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        new_secret(bytes(size))
