"""Writes the files of a new stream: its folder, its schema with examples, its lines in topics.toml
and its migration. They work without changes."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from string import Template
from typing import Any

import storepulse.streams
from storepulse.adapters.postgres.migrations import FILES
from storepulse.cli.stream_rules import LATER_FIELDS
from storepulse.contracts.files import SCHEMA_FILES
from storepulse.contracts.schemas import schema_of
from storepulse.domain.errors import Misconfigured, Rejected
from storepulse.streams.registry import STREAMS

STREAM_FOLDERS = Path(storepulse.streams.__file__).parent
SKELETON = STREAM_FOLDERS / "skeleton"
#: The stream whose envelope, with its docs, a new schema copies.
MODEL = "activity"
#: A schema's id is this number times its version, plus the stream's number.
FIRST_IDS = 1_000
OWN_FIELDS: list[dict[str, Any]] = [
    {
        "name": "event_type",
        "type": {"type": "enum", "name": "EventType", "symbols": ["created", "changed", "removed"]},
        "doc": "What happened",
    },
    {
        "name": "subject_id",
        "type": ["null", "string"],
        "doc": "What it happened to",
        "default": None,
    },
    {
        "name": "metadata",
        "type": ["null", "string"],
        "doc": "Further fields of the client, a JSON object",
        "default": None,
    },
]
OWN_VALUES = {"event_type": "created", "subject_id": "42", "metadata": '{"note":"first"}'}

_is_name = re.compile(r"[a-z][a-z_]{1,30}[a-z]").fullmatch


def write_stream(name: str) -> list[Path]:
    """Writes the files of a stream and returns their paths. Adds to lock.toml and topics.toml.

    Raises Rejected if the name is invalid or taken, Misconfigured outside of a checkout.
    """
    if _is_name(name) is None:
        raise Rejected("name", "must be 3 to 32 small letters or _, with a letter at both ends")
    if name in STREAMS or (STREAM_FOLDERS / name).exists():
        raise Rejected("name", f"{name} exists already")
    schemas, migrations = SCHEMA_FILES.resolve(), FILES.resolve()
    if not (schemas.parent / "pyproject.toml").is_file():
        raise Misconfigured("streams", "a new stream is written into a checkout, not a package")
    words = {"name": name, "Title": name.replace("_", " ").title().replace(" ", "")}
    written = {
        STREAM_FOLDERS / name / template.name.removesuffix(".txt"): _fill_template(template, words)
        for template in sorted(SKELETON.glob("*.txt"))
        if not template.name.startswith("migration")
    }
    written[STREAM_FOLDERS / name / "__init__.py"] = ""
    number = 1 + max(int(path.name[:4]) for path in migrations.glob("*.up.sql"))
    for direction in ("up", "down"):
        path = migrations / f"{number:04}_{name}.{direction}.sql"
        written[path] = _fill_template(SKELETON / f"migration.{direction}.sql.txt", words)
    written[schemas / f"{name}.v1.avsc"] = _schema_text(words)
    examples = schemas / "examples" / f"{name}.v1"
    valid = _example(schemas)
    written[examples / "valid" / "created.json"] = _json(valid)
    invalid = {key: value for key, value in valid.items() if key != "session_id"}
    written[examples / "invalid" / "session-missing.json"] = _json(
        {"reason": "a field is missing", "record": invalid}
    )
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    _declare(schemas / "topics.toml", name)
    return list(written)


def _fill_template(template: Path, words: dict[str, str]) -> str:
    return Template(template.read_text("utf-8")).substitute(words)


def _schema_text(words: dict[str, str]) -> str:
    fields = schema_of(MODEL).document["fields"]
    names = [field["name"] for field in fields]
    head, tail = names.index("content_crc") + 1, names.index("received_at")
    unstated = [f for f in fields[head:tail] if f["name"] in LATER_FIELDS]
    *rest, mark = fields[tail:]
    lines = [
        f"    {json.dumps(field)}"
        for field in [*fields[:head], *OWN_FIELDS, *rest, *unstated, mark]
    ]
    return (
        '{\n  "type": "record",\n'
        f'  "name": "{words["Title"]}Event",\n'
        f'  "namespace": "storepulse.{words["name"]}.v1",\n'
        f'  "doc": "An event of {words["name"]}",\n'
        '  "fields": [\n' + ",\n".join(lines) + "\n  ]\n}\n"
    )


def _example(schemas: Path) -> dict[str, Any]:
    """The model's first valid example with the new stream's own values."""
    folder = schemas / "examples" / f"{MODEL}.v1" / "valid"
    record = json.loads(min(folder.glob("*.json")).read_text("utf-8"))
    names = list(record)
    head, tail = names.index("content_crc") + 1, names.index("received_at")
    return (
        {name: record[name] for name in names[:head]}
        | OWN_VALUES
        | {name: record[name] for name in names[tail:-1]}
        | dict.fromkeys(LATER_FIELDS)
    )


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _declare(topics: Path, name: str) -> None:
    """Adds the stream's lines after those of the last stream."""
    text = topics.read_text("utf-8")
    ids = [stream["subject_id"] for stream in tomllib.loads(text)["streams"].values()]
    lines = (
        f"[streams.{name}]\nsubject_id = {FIRST_IDS + max(i % FIRST_IDS for i in ids) + 1}\n"
        f'key = ["session_id"]\ndescription = "Say here what its events are"\n\n'
    )
    before, mark, after = text.partition("# One topic of each of these families")
    if not mark:
        raise Misconfigured("topics.toml", "has no line that ends the streams")
    topics.write_text(before + lines + mark + after, "utf-8")
