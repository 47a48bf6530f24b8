"""How Faust's consumer connects: as the other clients do."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from pydantic import SecretStr
from tests.support.certificates import Authority

from storepulse.adapters.settings import Settings
from storepulse.slices.application import _credentials

SASL: dict[str, Any] = {
    "kafka_sasl_mechanism": "SCRAM-SHA-512",
    "kafka_sasl_username": "agents",
    "kafka_sasl_password": SecretStr("secret"),
}


def auth(**settings: Any) -> dict[str, Any]:
    return dict(credentials_to_aiokafka_auth(_credentials(Settings(**settings))))


def test_without_security() -> None:
    assert auth() == {"security_protocol": "PLAINTEXT"}


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_a_user_by_sasl(protocol: str) -> None:
    found = auth(kafka_security_protocol=protocol, **SASL)
    assert found.pop("ssl_context") is None or protocol == "SASL_SSL"
    assert found == {
        "security_protocol": protocol,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "agents",
        "sasl_plain_password": "secret",
    }


@pytest.mark.parametrize(("protocol", "user"), [("SSL", {}), ("SASL_SSL", SASL)])
def test_brokers_are_known_by_the_given_authority(
    protocol: str, user: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(Authority(tmp_path).certificate.public_bytes(Encoding.PEM))
    found = auth(kafka_security_protocol=protocol, kafka_ssl_ca_location=str(file), **user)
    assert found["security_protocol"] == protocol
    context = found["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
    assert [dict(*c["subject"])["commonName"] for c in context.get_ca_certs()] == ["tests"]
