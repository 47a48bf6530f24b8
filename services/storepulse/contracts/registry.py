"""The schema registry as data: what Confluent's HTTP interface shows of our schema files.

Read-only: schemas change in the repository, and their ids never. The answers are the JSON values
of https://docs.confluent.io/platform/current/schema-registry/develop/api.html; `RegistryError`
carries its error codes, the first three digits of which are the HTTP status.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storepulse.contracts.avro_schema import check_schema, meaning_of
from storepulse.contracts.compatibility import LEVEL, Incompatibility, incompatibilities
from storepulse.contracts.schemas import Schema, schemas_by_id, subjects
from storepulse.contracts.topics import Catalog
from storepulse.domain import json_values
from storepulse.domain.errors import Rejected

#: Characters of a reason: a library repeats the values that it stumbles over.
MAX_REASON = 500
_PRIMITIVES = frozenset(("null", "boolean", "int", "long", "float", "double", "bytes", "string"))


class RegistryError(Exception):
    """An error of Confluent's interface."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return self.code // 100 if self.code > 999 else self.code


@dataclass(frozen=True)
class Registry:
    """All subjects with their versions, oldest first."""

    subjects: dict[str, tuple[Schema, ...]]

    @classmethod
    def of(cls, catalog: Catalog) -> Registry:
        """The registry of a catalog's topics, prefix included."""
        return cls(subjects(catalog))

    def versions(self, subject: str) -> tuple[Schema, ...]:
        """The versions of a subject."""
        versions = self.subjects.get(subject)
        if versions is None:
            raise RegistryError(40401, f"Subject '{subject}' not found.")
        return versions

    def version(self, subject: str, number: str) -> Schema:
        """One version of a subject: a number, `latest`, or -1, which means the same."""
        versions = self.versions(subject)
        if number in ("latest", "-1"):
            return versions[-1]
        if not (number.isascii() and number.isdecimal() and 0 < len(number) < 10 and int(number)):
            raise RegistryError(
                42202,
                f"The specified version '{number}' is not a valid version id. Allowed values are"
                ' between [1, 2^31-1] and the string "latest"',
            )
        for schema in versions:
            if schema.version == int(number):
                return schema
        raise RegistryError(40402, f"Version {number} not found.")

    def schema(self, schema_id: str) -> Schema:
        """The schema with an id."""
        if schema_id.isascii() and schema_id.isdecimal() and len(schema_id) < 11:
            schema = schemas_by_id().get(int(schema_id))
            if schema is not None:
                return schema
        raise RegistryError(40403, f"Schema {schema_id[:20]} not found")

    def uses(self, schema_id: str) -> list[dict[str, Any]]:
        """The subjects and versions that a schema id stands for."""
        wanted_id = self.schema(schema_id).id
        return [
            {"subject": subject, "version": schema.version}
            for subject, schemas in self.subjects.items()
            for schema in schemas
            if schema.id == wanted_id
        ]

    def lookup(self, subject: str, document: Any) -> Schema:
        """The version of a subject that says the same as `document`, newest first."""
        wanted_meaning = meaning_of(document)
        for schema in reversed(self.versions(subject)):
            if meaning_of(schema.document) == wanted_meaning:
                return schema
        raise RegistryError(40403, "Schema not found")

    def compatibility(self, document: Any, against: Sequence[Schema]) -> list[Incompatibility]:
        """Why a new version with `document` could not read `against`."""
        return [
            difference
            for schema in against
            for difference in incompatibilities(document, schema.document)
        ]


def version_of_subject(subject: str, schema: Schema) -> dict[str, Any]:
    """A version of a subject as the interface shows it."""
    return {
        "subject": subject,
        "version": schema.version,
        "id": schema.id,
        "schemaType": "AVRO",
        "schema": schema.text,
    }


def level() -> str:
    """The compatibility that every subject keeps."""
    return LEVEL


def document_of(body: Any) -> Any:
    """The Avro schema in a request's body, checked. Raises RegistryError."""
    if not isinstance(body, dict) or not isinstance(body.get("schema"), str):
        raise RegistryError(42201, "Empty schema")
    if body.get("schemaType") not in (None, "AVRO"):
        raise RegistryError(42201, "Only schemaType AVRO is supported")
    text = body["schema"]
    try:
        document = text if text in _PRIMITIVES else json_values.read_text("schema", text)
        json_values.check_storable("schema", document)
        check_schema(document)
    except (ValueError, Rejected) as error:
        reason = str(error)
        shown = reason if len(reason) <= MAX_REASON else reason[:MAX_REASON] + "…"
        raise RegistryError(42201, f"Invalid schema: {shown}") from None
    return document
