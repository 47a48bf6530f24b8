"""The part of `storepulse audit` that is cheap enough to run often.

It compares the number of offsets in the ledger with the number of accepted events. A slice's
transaction writes both, so they are equal at all times.
"""

from __future__ import annotations

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import load_catalog
from storepulse.exactness.audit import GROUP


def ledger_mismatch(settings: Settings) -> dict[str, int]:
    """Per stream, offsets minus accepted events. Raises psycopg.Error."""
    catalog = load_catalog(settings.topic_prefix)
    statement = named_sql("exactness/audit")["mismatch"]
    parameters = {
        "group": settings.topic_prefix + GROUP,
        "streams": list(catalog.streams),
        "topics": [catalog.ingest(stream) for stream in catalog.streams],
    }
    options = SessionOptions(
        name="storepulse-ledger-comparison", connect_seconds=5, statement_seconds=30
    )
    with connect(settings.dsn, options) as connection:
        # A single statement, so that all is from one snapshot.
        return dict(connection.execute(statement, parameters).fetchall())
