"""Before the services start in containers: Kafka's users with their rights, topics, migrations, and
the keys in files: that of the operator in /data/admin.key, Prometheus' own in /metrics-key/key.

Run once by `docker compose up` (service `prepare`); safe to repeat.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from storepulse.access import keys
from storepulse.adapters.kafka import rights
from storepulse.adapters.kafka import topics as topics_admin
from storepulse.adapters.postgres import migrations
from storepulse.adapters.settings import load
from storepulse.contracts.kafka_users import SUBSCRIBER, USERS

settings = load(os.environ)
password_of = dict.fromkeys(USERS, os.environ["KAFKA_PASSWORD"])
password_of[SUBSCRIBER] = os.environ["KAFKA_SUBSCRIBER_PASSWORD"]
rights.set_passwords(settings, password_of)
rights.apply(settings)
created = topics_admin.apply(settings)
applied = migrations.up(settings.dsn)
keys.ensure_admin_key(settings)
# Prometheus has another account; nobody else has this volume.
keys.ensure_key(settings, Path("/metrics-key/key"), ["read"], mode=0o644)
sys.stdout.write(
    f"created {len(created)} topics, applied {len(applied)} migrations\n"
    "the secret key: docker compose exec gateway cat /data/admin.key\n"
)
