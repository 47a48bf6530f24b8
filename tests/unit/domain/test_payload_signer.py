"""Signatures of servers' calls: what `sign` makes, `check` takes, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storepulse.domain.errors import Misconfigured, Rejected
from storepulse.domain.payload_signer import TOLERANCE, PayloadSigner

NOW = 1_767_268_800
OLD, NEW = "o" * 32, "n" * 32
BODY = '{"event":"größer"}'.encode()
bodies = st.binary(max_size=40)


@settings(max_examples=100, deadline=None)
@given(bodies, bodies, st.integers(0, 10**11))
def test_one_body_and_moment_have_one_signature(body: bytes, other: bytes, at: int) -> None:
    mark = PayloadSigner(NEW).sign(body, at)
    PayloadSigner([NEW, OLD]).check(body, str(at), mark, at)
    for changed in (other, body + b" ", b"." + body, str(at).encode() + body):
        if changed != body:
            with pytest.raises(Rejected, match="Signature"):
                PayloadSigner(NEW).check(changed, str(at), mark, at)


def test_several_secrets_count_while_they_change() -> None:
    marks = [PayloadSigner(secret).sign(BODY, NOW) for secret in (OLD, NEW)]
    both = PayloadSigner([NEW, OLD])
    assert both.sign(BODY, NOW) == marks[1]
    for mark in (*marks, ", ".join(marks), f"v2=x,{marks[0]}"):
        both.check(BODY, str(NOW), mark, NOW)
    with pytest.raises(Rejected):
        PayloadSigner(OLD).check(BODY, str(NOW), marks[1], NOW)


@pytest.mark.parametrize("shift", [TOLERANCE + 1, -TOLERANCE - 1])
def test_a_signature_is_good_for_300_seconds(shift: int) -> None:
    mark, signer = PayloadSigner(NEW).sign(BODY, NOW), PayloadSigner(NEW)
    signer.check(BODY, str(NOW), mark, NOW + shift - (1 if shift > 0 else -1))
    with pytest.raises(Rejected, match="Timestamp"):
        signer.check(BODY, str(NOW), mark, NOW + shift)


@pytest.mark.parametrize("secrets", [None, "", [], [""]])
def test_a_missing_secret_is_told_on_use(secrets: str | list[str] | None) -> None:
    signer = PayloadSigner(secrets)
    with pytest.raises(Misconfigured, match="secret"):
        signer.sign(BODY, NOW)
    with pytest.raises(Misconfigured, match="secret"):
        signer.check(BODY, str(NOW), "v1=" + "0" * 64, NOW)
