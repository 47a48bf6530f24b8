"""The schema registry as data: our schema files as seen through Confluent's HTTP interface.

Read-only: schemas change in the repository, and their ids never. The answers are the JSON values of
https://docs.confluent.io/platform/current/schema-registry/develop/api.html; `RegistryError` has its
error codes, whose first three digits are the HTTP status.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storepulse.contracts.avro_schema import check_schema, meaning_of
from storepulse.contracts.compatibility import LEVEL, Incompatibility, incompatibilities
from storepulse.contracts.schemas import Schema, schemas_by_id, subjects
from storepulse.contracts.topics import Catalog
from storepulse.domain import json_values
from storepulse.domain.errors import Rejected

#: The maximum length of a reason, because libraries repeat the offending values.
MAX_REASON = 500
#: The prefix of subjects of the default context; there is no other context.
_DEFAULT_CONTEXT = ":.:"
_ANY_CONTEXT = ":*:"
_is_whole = re.compile(r"[+-]?[0-9]{1,10}").fullmatch
_PRIMITIVES = frozenset(("null", "boolean", "int", "long", "float", "double", "bytes", "string"))


class RegistryError(Exception):
    """An error of Confluent's interface."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status of the code."""
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
        """The versions of a subject. Raises RegistryError."""
        versions = self.subjects.get(subject.removeprefix(_DEFAULT_CONTEXT))
        if versions is None:
            raise RegistryError(40401, f"Subject '{subject}' not found.")
        return versions

    def has(self, subject: str) -> bool:
        """Whether the subject exists."""
        return subject.removeprefix(_DEFAULT_CONTEXT) in self.subjects

    def names(self, prefix: str) -> list[str]:
        """The subjects with this prefix, sorted by name."""
        prefix = prefix.removeprefix(_ANY_CONTEXT).removeprefix(_DEFAULT_CONTEXT)
        return sorted(name for name in self.subjects if name.startswith(prefix))

    def version_documents(self, prefix: str, *, latest_only: bool = False) -> list[dict[str, Any]]:
        """The versions of those subjects in the interface's format."""
        return [
            version_of_subject(name, schema)
            for name in self.names(prefix)
            for schema in self.subjects[name][-1 if latest_only else 0 :]
        ]

    def version(self, subject: str, number: str) -> Schema:
        """One version of a subject: a number, `latest`, or -1, which means the same. Raises
        RegistryError."""
        wanted = version_number_of(number)
        versions = self.versions(subject)
        if wanted is None:
            return versions[-1]
        for schema in versions:
            if schema.version == wanted:
                return schema
        raise RegistryError(40402, f"Version {wanted} not found.")

    def schema(self, schema_id: int) -> Schema:
        """The schema with an id. Raises RegistryError."""
        schema = schemas_by_id().get(schema_id)
        if schema is None:
            raise RegistryError(40403, f"Schema {schema_id} not found")
        return schema

    @property
    def max_id(self) -> int:
        """The highest id of a schema."""
        return max(schemas_by_id())

    def uses(self, schema_id: int) -> list[dict[str, Any]]:
        """The subjects and versions with a schema id."""
        wanted_id = self.schema(schema_id).id
        return [
            {"subject": subject, "version": schema.version}
            for subject, schemas in self.subjects.items()
            for schema in schemas
            if schema.id == wanted_id
        ]

    def lookup(self, subject: str, document: Any) -> Schema:
        """The newest version of a subject that equals `document`, docs aside. Raises
        RegistryError."""
        wanted_meaning = meaning_of(document)
        for schema in reversed(self.versions(subject)):
            if meaning_of(schema.document) == wanted_meaning:
                return schema
        raise RegistryError(40403, "Schema not found")

    def compatibility(self, document: Any, against: Sequence[Schema]) -> list[Incompatibility]:
        """Why a new version with `document` could not read the versions `against`."""
        return [
            difference
            for schema in against
            for difference in incompatibilities(document, schema.document)
        ]


def version_number_of(text: str) -> int | None:
    """The version number in a path; None for the latest one. Raises RegistryError."""
    text = text.strip(" ")
    if text.lower() == "latest" or text == "-1":
        return None
    number = whole_number_of(text)
    if number is None or number < 1:
        raise RegistryError(
            42202,
            f"The specified version '{text[:MAX_REASON]}' is not a valid version id. Allowed values"
            ' are between [1, 2^31-1] and the string "latest"',
        )
    return number


def whole_number_of(text: str) -> int | None:
    """The 32-bit integer in a text, or None."""
    if _is_whole(text) is None:
        return None
    number = int(text)
    return number if -(2**31) <= number < 2**31 else None


def is_default_context(subject: str) -> bool:
    """Whether the text is no subject but stands for all of them."""
    return subject == _DEFAULT_CONTEXT


def version_of_subject(subject: str, schema: Schema) -> dict[str, Any]:
    """A version of a subject in the interface's format."""
    return {
        "subject": subject.removeprefix(_DEFAULT_CONTEXT),
        "version": schema.version,
        "id": schema.id,
        "schemaType": "AVRO",
        "schema": schema.text,
    }


def level() -> str:
    """The compatibility level of every subject."""
    return LEVEL


def document_of(body: Any) -> Any:
    """The checked Avro schema in a request's body. Raises RegistryError."""
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
