"""The OpenAPI parts for the public reads of tests."""

from __future__ import annotations

from typing import Any

from storepulse.domain.experiments.names import DEVICES, PAGE_TYPE_TEXT
from storepulse.gateway.experiments.paths import ACTIVE, PAGE, VARIANT
from storepulse.gateway.openapi_schemas import headers_of

_REF = "#/components/schemas/{}"
#: The error statuses of these paths.
REFUSALS = ("400", "401", "403", "404", "414", "429", "431", "500", "503")


def _object(description: str, properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": [name for name in properties if name not in optional],
        "properties": properties,
    }


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"type": [schema["type"], "null"]}


def _list_of(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": _REF.format(name)}}


_FREE = {"type": "object", "additionalProperties": True}
_SLOT = _object(
    "One block of a page.",
    {
        "slot_id": _text("Its name on the page"),
        "component": _text("What the page draws there"),
        "position": {"type": "integer"},
        "enabled": {"type": "boolean"},
        "props": {**_FREE, "description": "What the component is given"},
    },
)
_OVERRIDE = _object(
    "What a variant changes of a slot. `props` are merged deeply.",
    {
        "props": _FREE,
        "enabled": {"type": "boolean"},
        "component": {"type": "string"},
        "position": {"type": "integer"},
    },
    "props", "enabled", "component", "position",
)  # fmt: skip
_LOOKS: dict[str, Any] = {
    "slot_overrides": {
        "type": "object",
        "additionalProperties": {"$ref": _REF.format("SlotOverride")},
    },
    "page_template": _or_null(_text("The page's template")),
    "slot_configuration": {
        "description": "All slots of the page, in the place of its own",
        "anyOf": [_list_of("Slot"), {"type": "null"}],
    },
}
_GOT: dict[str, Any] = {
    "test_id": _text("The test", format="uuid"),
    "phase": {"type": "integer", "description": "Of the test; visitors are drawn anew in each"},
    "variant_id": _text("What the visitor sees"),
    "variant_name": {"type": "string"},
    "is_control": {"type": "boolean"},
    "assigned": {"type": "boolean", "description": "Whether the visitor takes part"},
    "reason": {
        "type": ["string", "null"],
        "enum": [
            "paused", "not_targeted", "not_in_traffic", "bot", "other_group", "completed",
            "preview", None,
        ],
        "description": "Why he does not",
    },
    "exposed": {"type": "boolean", "description": "Whether the exposure is stored"},
    "payload": {**_FREE, "description": "For the page that asks"},
}  # fmt: skip
_VARIANT = {
    "variant_id": {"type": "string"},
    "name": {"type": "string"},
    "weight": {"type": "integer", "description": "Basis points"},
    "is_control": {"type": "boolean"},
    "payload": _FREE,
}
_ACTIVE_TEST = _object(
    "A running test, with all that draws a visitor's variant.",
    {
        "test_id": _text("The test", format="uuid"),
        "name": {"type": "string"},
        "phase": {"type": "integer"},
        "priority": {"type": "integer"},
        "traffic": {"type": "integer", "description": "Basis points"},
        "group": {
            "type": ["object", "null"],
            "required": ["group_id", "start", "end"],
            "properties": {
                "group_id": {"type": "string"},
                "start": {"type": "integer"},
                "end": {"type": "integer"},
            },
        },
        "targeting": _FREE,
        "variants": _list_of("ActiveVariant"),
    },
)
_TESTS = _object(
    "The tests of a store.",
    {
        "store_id": {"type": "string", "format": "uuid"},
        "tests": _list_of("ActiveTest"),
        "winners": {
            **_list_of("VariantSeen"),
            "description": "Of completed tests: what everybody gets",
        },
    },
)
_PAGE = _object(
    "A page with the variants of its visitor.",
    {
        "page_type": {"type": "string"},
        "slug": {"type": "string"},
        "version": {"type": "integer", "description": "Of the configuration without variants"},
        "template": _or_null({"type": "string"}),
        "slots": _list_of("Slot"),
        "tests": {**_list_of("TestOfPage"), "description": "Those that change the page"},
    },
)


def _answer(name: str) -> dict[str, Any]:
    data = {"$ref": _REF.format(name)}
    return _object("", {"status": {"type": "string", "const": "success"}, "data": data})


SCHEMAS: dict[str, Any] = {
    "Slot": _SLOT,
    "SlotOverride": _OVERRIDE,
    "VariantSeen": _object("What a visitor gets of a test.", _GOT | _LOOKS),
    "TestOfPage": _object("What a visitor gets of a test that changes the page.", _GOT),
    "ActiveVariant": _object("A variant of a running test.", _VARIANT | _LOOKS),
    "ActiveTest": _ACTIVE_TEST,
    "ActiveTests": _TESTS,
    "PageSeen": _PAGE,
}

_UUID = {"type": "string", "format": "uuid"}


def _in_path(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name, "in": "path", "required": True, "description": description, "schema": schema,
    }  # fmt: skip


def _in_query(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
    }


_WHO = [
    _in_query("visitor_id", "The visitor; he is the unit of the test", maxLength=255),
    _in_query("session_id", "The session; it is the unit where no visitor is said"),
    _in_query(
        "expose", "`false`: store no exposure; the page tells it itself", enum=["true", "false"]
    ),
    _in_query("preview", "The token of a preview: shows its variant, and counts nobody"),
    _in_query(
        "device",
        "Else the headers of the browser say it",
        enum=[*DEVICES],
    ),
    _in_query("visitor", "Whether the shop has seen the visitor before", enum=["new", "returning"]),
    _in_query("user_agent", "The visitor's, of a server with a secret key"),
    *(
        _in_query(f"utm_{name}", "Of the address that began the visit", maxLength=255)
        for name in ("source", "medium", "campaign", "term", "content")
    ),
]
_PAGE_TYPE = {"type": "string", "pattern": f"^{PAGE_TYPE_TEXT}$"}
#: Path -> operation id, summary, schema of the good answer, parameters.
_OPERATIONS: dict[str, tuple[str, str, str, list[dict[str, Any]]]] = {
    VARIANT: (
        "get_variant",
        "The variant that a visitor gets of a test, and stores that he saw it",
        "VariantSeen",
        [
            _in_path("test_id", "The test", _UUID),
            *_WHO,
            _in_query("page_type", "The type of the page", pattern=_PAGE_TYPE["pattern"]),
            _in_query("slug", "The page", maxLength=255),
        ],
    ),
    ACTIVE: (
        "list_active_tests",
        "The running tests of a store, for who draws variants himself",
        "ActiveTests",
        [
            _in_path("store_id", "The store", _UUID),
            _in_query("pageType", "Those for pages of a type", pattern=_PAGE_TYPE["pattern"]),
        ],
    ),
    PAGE: (
        "get_page",
        "A page with the variants of its visitor, and stores that he saw them",
        "PageSeen",
        [
            _in_path("page_type", "The type of the page", _PAGE_TYPE),
            _in_path("slug", "The page", {"type": "string", "maxLength": 255}),
            _in_query("store_id", "The store, where the key is tied to none", format="uuid"),
            *_WHO,
        ],
    ),
}


def read_operation(path: str, security: Any, refusals: dict[str, Any]) -> dict[str, Any]:
    """The operation of one of the paths."""
    name, summary, schema, parameters = _OPERATIONS[path]
    return {
        "summary": summary,
        "operationId": name,
        "tags": ["experiments"],
        "security": security,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "As asked",
                "headers": headers_of("200"),
                "content": {"application/json": {"schema": _answer(schema)}},
            },
            "304": {"description": "The entity tag of If-None-Match is still right"},
            **refusals,
        },
    }
