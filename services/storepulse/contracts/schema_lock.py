"""`schemas/lock.toml`: the id and the fingerprint of each version of each schema.

Entries are only added. A version whose fields or id changed is an error, because records refer to
schemas by id for as long as they exist. Docs may be reworded.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from storepulse.contracts.avro_schema import meaning_of
from storepulse.contracts.files import SCHEMA_FILES
from storepulse.contracts.schemas import Schema

LOCK_FILE = SCHEMA_FILES / "lock.toml"

Lock = dict[str, dict[str, dict[str, Any]]]


def fingerprint(document: Any) -> str:
    """SHA-256 of a schema's meaning, docs aside."""
    text = json.dumps(meaning_of(document), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read_lock(path: Path = LOCK_FILE) -> Lock:
    """stream -> version -> {id, sha256}."""
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


def contradictions(lock: Lock, schemas: list[Schema]) -> Iterator[str]:
    """What contradicts the lock, or is missing on either side."""
    unlocked = {(schema.stream, str(schema.version)): schema for schema in schemas}
    for stream, versions in lock.items():
        for version, entry in versions.items():
            schema = unlocked.pop((stream, version), None)
            if schema is None:
                yield f"{stream} version {version} is locked and gone: keep it in schemas/history"
            elif schema.id != entry["id"]:
                yield f"{stream} version {version}: the id was {entry['id']}, now {schema.id}"
            elif fingerprint(schema.document) != entry["sha256"]:
                yield f"{stream} version {version} changed: write a new version instead"
    for stream, version in unlocked:
        yield f"{stream} version {version} is not locked: storepulse schemas lock"
    ids = [schema.id for schema in schemas]
    for repeated in sorted({i for i in ids if ids.count(i) > 1}):
        yield f"id {repeated} is used for several schemas"


def extend(lock: Lock, schemas: list[Schema]) -> Lock:
    """The lock with missing entries added; existing entries are unchanged."""
    longer = {stream: dict(versions) for stream, versions in lock.items()}
    for schema in schemas:
        entry = {"id": schema.id, "sha256": fingerprint(schema.document)}
        longer.setdefault(schema.stream, {}).setdefault(str(schema.version), entry)
    return longer


def lock_text(lock: Lock) -> str:
    """The lock as TOML."""
    lines = ["# Written by `storepulse schemas lock`; entries are only ever added."]
    for stream, versions in sorted(lock.items()):
        for version, entry in sorted(versions.items(), key=lambda item: int(item[0])):
            lines += ["", f"[{stream}.{version}]", f"id = {entry['id']}"]
            lines += [f'sha256 = "{entry["sha256"]}"']
    return "\n".join(lines) + "\n"
