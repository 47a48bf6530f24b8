"""Before the services start in containers: Kafka's users with their rights, topics, PostgreSQL's
roles, migrations, and the keys in files: that of the operator in /data/admin.key, the one that
reads metrics in /metrics-key/key.

DATABASE_URL is the superuser's here; no service has it. Each role has the password of the variable
named after it, such as GATEWAY_DATABASE_PASSWORD.

Run once by `docker compose up` (service `prepare`); safe to repeat.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pydantic import SecretStr

from storepulse.access import keys
from storepulse.adapters.kafka import rights
from storepulse.adapters.kafka import topics as topics_admin
from storepulse.adapters.postgres import migrations, roles
from storepulse.adapters.settings import load
from storepulse.contracts.kafka_users import SUBSCRIBER, USERS
from storepulse.local.database_passwords import with_account
from storepulse.local.postgres import make_database

settings = load(os.environ)
password_of = dict.fromkeys(USERS, os.environ["KAFKA_PASSWORD"])
password_of[SUBSCRIBER] = os.environ["KAFKA_SUBSCRIBER_PASSWORD"]
rights.set_passwords(settings, password_of)
rights.apply(settings)
created = topics_admin.apply(settings)
passwords = {
    role: os.environ[f"{role.removeprefix('storepulse_').upper()}_DATABASE_PASSWORD"]
    for role in (roles.OWNER, *roles.ROLES.values())
}
make_database(settings.dsn, passwords)
ours = settings.dsn.rpartition("/")[0] + "/storepulse"
applied = migrations.up(with_account(ours, roles.OWNER, passwords[roles.OWNER]))
operator = roles.ROLES["operator"]
operator_url = SecretStr(with_account(ours, operator, passwords[operator]))
settings = settings.model_copy(update={"database_url": operator_url})
keys.ensure_admin_key(settings)
# Of Prometheus, which has another account, and of the query service; nobody else has this volume.
keys.ensure_key(settings, Path("/metrics-key/key"), ["read"], mode=0o644)
sys.stdout.write(
    f"created {len(created)} topics, applied {len(applied)} migrations\n"
    "the secret key: docker compose exec gateway cat /data/admin.key\n"
)
