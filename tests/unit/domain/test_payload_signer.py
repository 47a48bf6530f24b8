"""Signatures of servers' calls: the documented vector, and what is no signature."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storepulse.domain.errors import Misconfigured, Rejected
from storepulse.domain.payload_signer import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    TOLERANCE,
    PayloadSigner,
)

SECRET, AT, BODY = "sgn_example_0123456789abcdef", 1_767_225_600, b'{"event":"WEBAPP_OPEN"}'
PAGE = Path(__file__).parents[3] / "docs" / "beacons.md"


def check(
    signature: str, at: str = str(AT), now: float = AT, secrets: tuple[str, ...] = (SECRET,)
) -> None:
    PayloadSigner(secrets).check(BODY, at, signature, now)


def field_of_refusal(signature: str, at: str = str(AT), now: float = AT) -> str:
    with pytest.raises(Rejected) as refused:
        check(signature, at, now)
    assert SECRET not in str(refused.value)
    return refused.value.field


GOOD = PayloadSigner([SECRET]).sign(BODY, AT)


def test_the_documented_signature_is_the_one_that_is_made() -> None:
    documented = re.findall(r"^v1=[0-9a-f]{64}$", PAGE.read_text(), re.MULTILINE)
    assert documented == [GOOD]


def test_any_of_several_secrets_and_signatures_will_do() -> None:
    check(GOOD, secrets=("another" * 3, SECRET))
    check(f"v1={'0' * 64}, {GOOD}")
    check(f"v2={'0' * 64},{GOOD}")
    assert field_of_refusal(",".join([f"v1={'0' * 64}"] * 4 + [GOOD])) == SIGNATURE_HEADER


@pytest.mark.parametrize("seconds", [-TOLERANCE, 0, TOLERANCE])
def test_clocks_may_differ_a_little(seconds: int) -> None:
    check(GOOD, now=AT + seconds)


@pytest.mark.parametrize("seconds", [-TOLERANCE - 1, TOLERANCE + 1])
def test_and_no_more(seconds: int) -> None:
    assert field_of_refusal(GOOD, now=AT + seconds) == TIMESTAMP_HEADER


@pytest.mark.parametrize(
    "at",
    ["", "x", f"+{AT}", f" {AT}", f"{AT}.0", f"{AT}000", "1_767_225_600", "\u0661", "9" * 5_000],
)
def test_a_timestamp_is_digits_alone(at: str) -> None:
    assert field_of_refusal(GOOD, at) == TIMESTAMP_HEADER


@pytest.mark.parametrize(
    "signature",
    ["", "v1=", GOOD[3:], GOOD[:-1], GOOD + "0", GOOD.upper(), "v1=" + "é" * 64, "," * 9_000],
)
def test_a_signature_is_its_version_and_digits(signature: str) -> None:
    assert field_of_refusal(signature) == SIGNATURE_HEADER


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=40), st.integers(0, 10**11))
def test_one_body_and_moment_have_one_signature(body: bytes, other: bytes, at: int) -> None:
    mark = PayloadSigner(SECRET).sign(body, at)
    PayloadSigner([SECRET, "o" * 32]).check(body, str(at), mark, at)
    for changed in (other, body + b" ", b"." + body, str(at).encode() + body):
        if changed != body:
            with pytest.raises(Rejected, match="Signature"):
                PayloadSigner(SECRET).check(changed, str(at), mark, at)


@pytest.mark.parametrize("secrets", [None, "", [], [""]])
def test_a_missing_secret_is_told_on_use(secrets: str | list[str] | None) -> None:
    signer = PayloadSigner(secrets)
    with pytest.raises(Misconfigured, match="secret"):
        signer.sign(BODY, AT)
    with pytest.raises(Misconfigured, match="secret"):
        signer.check(BODY, str(AT), "v1=" + "0" * 64, AT)
