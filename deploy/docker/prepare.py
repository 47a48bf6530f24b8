"""Before the services start in containers: topics, migrations, the secret key in /data/admin.key.

Run once by `docker compose up` (service `prepare`); safe to repeat.
"""

from __future__ import annotations

import os
import sys

from storepulse.adapters import keys, migrations, topics_admin
from storepulse.adapters.settings import load

settings = load(os.environ)
created = topics_admin.apply(settings)
applied = migrations.up(settings.dsn)
keys.ensure_admin_key(settings)
sys.stdout.write(
    f"created {len(created)} topics, applied {len(applied)} migrations\n"
    "the secret key: docker compose exec gateway cat /data/admin.key\n"
)
