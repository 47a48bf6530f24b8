"""As whom services and commands connect to Kafka."""

from __future__ import annotations

import stat
from pathlib import Path

from pydantic import SecretStr

from storepulse.adapters.settings import Settings, environment, load
from storepulse.contracts.kafka_users import ADMIN, USERS
from storepulse.local import identities, kafka_accounts
from storepulse.local.kafka_accounts import settings_as
from storepulse.local.servers import connected


def settings_of_admin(home: Path) -> Settings:
    password = kafka_accounts.ensure_kafka_passwords(home)[ADMIN]
    given = kafka_accounts.admin_of_kafka(password)
    return Settings(home=home).model_copy(update=given)


def test_passwords_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    made = kafka_accounts.ensure_kafka_passwords(tmp_path)
    assert set(made) == {ADMIN, *USERS}
    assert len(set(made.values())) == len(made)
    assert kafka_accounts.ensure_kafka_passwords(tmp_path) == made
    file = tmp_path / "secrets" / "kafka.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_service_has_a_password_of_its_own(tmp_path: Path) -> None:
    admin = settings_of_admin(tmp_path)
    for service in USERS:
        own = settings_as(service, admin)
        assert own.kafka_sasl_username == service
        assert own.kafka_sasl_password != admin.kafka_sasl_password
        # What the process is given says the same.
        assert load(environment(own)).kafka_sasl_password == own.kafka_sasl_password
        assert settings_as(ADMIN, own) == own


def test_credentials_of_other_clusters_stay(tmp_path: Path) -> None:
    admin = settings_of_admin(tmp_path)
    for foreign in (
        Settings(home=tmp_path, kafka_bootstrap_servers="kafka:9092"),
        admin.model_copy(update={"kafka_sasl_username": "shop"}),
        admin.model_copy(update={"kafka_sasl_password": SecretStr("of another admin")}),
    ):
        assert identities.settings_of("gateway", foreign) == foreign
        assert not kafka_accounts.is_ours(foreign)


def test_commands_beside_up_are_the_operators(tmp_path: Path) -> None:
    settings_of_admin(tmp_path)
    settings = Settings(home=tmp_path)
    assert connected(settings).kafka_sasl_username == "operator"
    assert connected(settings, identities.OWNER).kafka_sasl_username == ADMIN
    given = Settings(home=tmp_path, kafka_bootstrap_servers="kafka:9092")
    assert connected(given).kafka_sasl_username == ""
