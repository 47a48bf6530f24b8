"""Public names for signatures and start parameters."""

from __future__ import annotations

import pytest

from storepulse.campaign import StartParam, StartParamSerializer
from storepulse.signing import Misconfigured, PayloadSigner, signed_headers

SECRET = "sgn_example_0123456789abcdef"
BODY = b'{"event":"WEBAPP_OPEN"}'
AT = 1_767_225_600


def test_headers_are_those_of_the_page_and_verify() -> None:
    headers = signed_headers(PayloadSigner(SECRET), "shop.example", BODY, AT)
    assert headers == {
        "X-Storepulse-Store": "shop.example",
        "X-Storepulse-Timestamp": "1767225600",
        "X-Storepulse-Signature": (
            "v1=b8a3bbb04de2a4c8b1c1b1127dfedc2219df1ae6b384006aa687909a0cb41997"
        ),
    }
    signature = headers["X-Storepulse-Signature"]
    signer = PayloadSigner([SECRET, "older-secret-0123456789"])
    assert signer.verify(BODY, str(AT), signature, AT + 300)
    assert not signer.verify(BODY, str(AT), signature, AT + 301)
    assert not signer.verify(BODY + b" ", str(AT), signature, AT)
    assert not signer.verify(BODY, str(AT), "", AT)
    assert not PayloadSigner("another-secret-0123").verify(BODY, str(AT), signature, AT)


@pytest.mark.parametrize("secret", [None, "", [], [""]])
def test_a_missing_secret_fails_where_it_is_used(secret: str | list[str] | None) -> None:
    signer = PayloadSigner(secret)
    with pytest.raises(Misconfigured):
        signed_headers(signer, "shop.example", BODY)
    with pytest.raises(Misconfigured):
        signer.verify(BODY, str(AT), "v1=" + "0" * 64, AT)


def test_start_parameters_are_written_and_read() -> None:
    serializer = StartParamSerializer()
    param = StartParam("summer-2026", "t-4f81")
    assert serializer.deserialize(serializer.serialize(param)) == param
