"""What authors may write of a test, and how each mistake is named."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.authored import AuthoredTest, read
from storepulse.domain.experiments.authoring import (
    definition_of,
    description_of,
    name_of,
    priority_of,
)
from storepulse.domain.experiments.definition import Definition, decode, encode

A = {"variant_id": "a", "weight": 5000}
B = {"variant_id": "b", "weight": 5000}
BOUGHT = {"key": "bought", "kind": "binary", "source": "purchase"}
REVENUE = {"key": "revenue", "kind": "sum", "source": "purchase", "currency": "EUR"}
ORDERS = {"key": "orders", "kind": "count", "source": "purchase"}
AOV = {"key": "aov", "kind": "ratio", "numerator": "revenue", "denominator": "orders"}
BODY: dict[str, Any] = {"name": "T", "variants": [A, B], "metrics": [BOUGHT]}


def author(body: Any) -> Definition:
    authored = read(body, AuthoredTest)
    name_of(authored), description_of(authored), priority_of(authored)
    return definition_of(authored)


def variant(**changes: Any) -> dict[str, Any]:
    return {"variants": [A, {**B, **changes}]}


def metric(**changes: Any) -> dict[str, Any]:
    return {"metrics": [{**BOUGHT, **changes}]}


def slot(**changes: Any) -> dict[str, Any]:
    return variant(slot_configuration=[{"slot_id": "s", "component": "C", **changes}])


def group(start: int, end: int) -> dict[str, Any]:
    return {"group": {"group_id": "g", "start": start, "end": end}}


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "n" * 201}, "name"),
    ({"name": "a\nb"}, "name"),
    ({"name": 5}, "name"),
    ({"description": "d" * 4001}, "description"),
    ({"priority": 1_000_001}, "priority"),
    ({"priority": 1.5}, "priority"),
    ({"nothing": 1}, "nothing"),
    ({"variants": [A]}, "variants"),
    ({"variants": [{**A, "variant_id": f"v{n}", "weight": 0} for n in range(11)]}, "variants"),
    (variant(weight=4999), "variants"),
    (variant(weight=5001), "variants"),
    (variant(weight=-1), "variants.1.weight"),
    (variant(weight="5000"), "variants.1.weight"),
    (variant(weight=True), "variants.1.weight"),
    (variant(weight=0.5), "variants.1.weight"),
    (variant(variant_id="a"), "variants.1.variant_id"),
    (variant(variant_id="b c"), "variants.1.variant_id"),
    (variant(variant_id="b" * 65), "variants.1.variant_id"),
    (variant(variant_id="ä"), "variants.1.variant_id"),
    (variant(size=1), "variants.1.size"),
    ({"variants": [{**A, "is_control": True}, {**B, "is_control": True}]},
     "variants.1.is_control"),
    ({"variants": [{**A, "weight": 0}, {**B, "weight": 10_000}]}, "variants.0.weight"),
    ({"variants": [{**A, "weight": 10_000}, {**B, "weight": 0}]}, "variants"),
    (variant(payload={"a": "\0"}), "variants.1.payload"),
    (variant(payload={"a": "x" * 65_536}), "variants.1.payload"),
    (variant(payload=deep(33)), "variants.1.payload"),
    (variant(payload=[]), "variants.1.payload"),
    (slot(slot_id="a b"), "variants.1.slot_configuration.0.slot_id"),
    (slot(component=""), "variants.1.slot_configuration.0.component"),
    (slot(position=-1), "variants.1.slot_configuration.0.position"),
    (slot(props={"aspect_ratio": "16:9"}),
     "variants.1.slot_configuration.0.props.aspect_ratio"),
    (slot(props={"aspect_ratio": ["1:1"]}),
     "variants.1.slot_configuration.0.props.aspect_ratio"),
    (variant(slot_configuration=[{"slot_id": "s", "component": "C"}] * 2),
     "variants.1.slot_configuration.1.slot_id"),
    (variant(slot_overrides={"a b": {}}), "variants.1.slot_overrides"),
    (variant(slot_overrides={"s": {"props": {"a": "x" * 70_000}}}),
     "variants.1.slot_overrides.s.props"),
    (variant(slot_overrides={f"s{n}": {} for n in range(201)}), "variants.1.slot_overrides"),
    ({"metrics": []}, "metrics"),
    ({"metrics": [{**BOUGHT, "key": f"m{n}"} for n in range(21)]}, "metrics"),
    ({"metrics": [BOUGHT, BOUGHT]}, "metrics.1.key"),
    (metric(key="a.b"), "metrics.0.key"),
    (metric(kind="median"), "metrics.0.kind"),
    (metric(source=None), "metrics.0.source"),
    (metric(source="purchases"), "metrics.0.source"),
    (metric(source="custom: "), "metrics.0.source"),
    (metric(source="custom:a\0b"), "metrics.0.source"),
    (metric(source="metric:"), "metrics.0.source"),
    (metric(source="metric:a b"), "metrics.0.source"),
    (metric(currency="EURO"), "metrics.0.currency"),
    (metric(cap=5), "metrics.0.cap"),
    (metric(cap="auto"), "metrics.0.cap"),
    (metric(numerator="x"), "metrics.0.numerator"),
    (metric(direction="up"), "metrics.0.direction"),
    (metric(kind="sum"), "metrics.0.currency"),
    (metric(kind="sum", source="page_view"), "metrics.0.kind"),
    ({"metrics": [{**REVENUE, "cap": 0}]}, "metrics.0.cap"),
    ({"metrics": [{**REVENUE, "cap": -1}]}, "metrics.0.cap"),
    ({"metrics": [{**REVENUE, "cap": "1.00001"}]}, "metrics.0.cap"),
    ({"metrics": [{**REVENUE, "cap": "Auto"}]}, "metrics.0.cap"),
    ({"metrics": [{**REVENUE, "cap": 1e12}]}, "metrics.0.cap"),
    ({"metrics": [REVENUE, AOV]}, "metrics.1.denominator"),
    ({"metrics": [REVENUE, ORDERS, {**AOV, "denominator": "revenue"}]}, "metrics.2.denominator"),
    ({"metrics": [REVENUE, ORDERS, AOV, {**AOV, "key": "x", "numerator": "aov"}]},
     "metrics.3.numerator"),
    ({"metrics": [REVENUE, ORDERS, {**AOV, "source": "purchase"}]}, "metrics.2.source"),
    ({"metrics": [REVENUE, ORDERS, {**AOV, "cap": 3}]}, "metrics.2.cap"),
    ({"primary_metric": "other"}, "primary_metric"),
    ({"traffic": 0}, "traffic"),
    ({"traffic": 10_001}, "traffic"),
    ({"alpha": 0.0009}, "alpha"),
    ({"alpha": 0.21}, "alpha"),
    ({"window_hours": 0}, "window_hours"),
    ({"window_hours": 721}, "window_hours"),
    ({"pre_days": 61}, "pre_days"),
    ({"pre_days": -1}, "pre_days"),
    ({"n_star": 99}, "n_star"),
    ({"baseline_rate": 1}, "baseline_rate"),
    ({"relative_effect": 0}, "relative_effect"),
    ({"power": 1}, "power"),
    ({"targeting": {"devices": ["watch"]}}, "targeting.devices"),
    ({"targeting": {"countries": ["Germany"]}}, "targeting.countries"),
    ({"targeting": {"page_types": ["Home"]}}, "targeting.page_types"),
    ({"targeting": {"slugs": ["s" * 256]}}, "targeting.slugs"),
    ({"targeting": {"slugs": ["s"] * 201}}, "targeting.slugs"),
    ({"targeting": {"visitors": "some"}}, "targeting.visitors"),
    ({"targeting": {"utm": {"colour": ["x"]}}}, "targeting.utm"),
    ({"targeting": {"utm": {"source": [""]}}}, "targeting.utm.source"),
    (group(5, 5), "group.end"),
    (group(-1, 5), "group.start"),
    (group(0, 10_001), "group.end"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field"), REFUSED)
def test_a_mistake_is_named(changes: dict[str, Any], field: str) -> None:
    assert author(BODY).primary_metric == "bought"
    with pytest.raises(Rejected) as refused:
        author(BODY | changes)
    assert refused.value.field == field
    assert refused.value.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "n" * 200, "description": "two\nlines", "priority": -1_000_000},
        {"variants": [A, {**B, "weight": 4999}, {"variant_id": "c", "weight": 1}]},
        {"variants": [A, B, {"variant_id": "c", "weight": 0}]},
        variant(payload=deep(32), page_template="wide", name="Grün"),
        slot(position=10_000, enabled=False, props={"aspect_ratio": "4:5"}),
        variant(slot_overrides={"s": {"enabled": False}, "t": {"props": {"a": [None]}}}),
        metric(kind="sum", source="metric:seconds.on-page"),
        metric(kind="sum", source="conversion", cap="10.5"),
        metric(kind="count", source="custom:Größe gewählt", cap=3),
        {"traffic": 1, "alpha": 0.2, "window_hours": 720, "pre_days": 0, "n_star": 100},
        {"targeting": {"devices": ["mobile"], "countries": ["de"], "utm": {"source": ["a"]}}},
        group(0, 10_000),
        {"metrics": [BOUGHT, REVENUE, ORDERS, AOV], "primary_metric": "aov"},
    ],
)
def test_what_is_allowed_survives_storage(changes: dict[str, Any]) -> None:
    definition = author(BODY | changes)
    assert decode(encode(definition)) == definition
    assert decode(json.dumps(json.loads(encode(definition)), sort_keys=True)) == definition


def test_defaults() -> None:
    definition = author(BODY | {"metrics": [AOV, REVENUE, ORDERS]})
    assert [one.is_control for one in definition.variants] == [True, False]
    assert [one.name for one in definition.variants] == ["a", "b"]
    assert definition.primary_metric == "revenue"
    assert (definition.alpha, definition.window_hours, definition.pre_days) == (0.05, 72, 14)
    assert (definition.traffic, definition.n_star, definition.power) == (10_000, None, 0.8)
    second = author(BODY | {"variants": [A, {**B, "is_control": True}]})
    assert second.control.variant_id == "b"
    nulls = dict.fromkeys(
        ("description", "targeting", "group", "alpha", "n_star", "traffic", "primary_metric")
    )
    assert author(BODY | nulls) == author(BODY)


@pytest.mark.parametrize(
    ("changes", "cap", "is_auto"),
    [
        ({}, None, True),
        ({"cap": "auto"}, None, True),
        ({"cap": None}, None, False),
        ({"cap": 250}, Decimal(250), False),
        ({"cap": 0.1}, Decimal("0.1"), False),
        ({"cap": "99.95"}, Decimal("99.95"), False),
        ({"kind": "count", "currency": None}, None, False),
        ({"source": "add_to_cart"}, None, False),
    ],
)
def test_revenue_has_an_automatic_cap(
    changes: dict[str, Any], cap: Decimal | None, is_auto: bool
) -> None:
    made = author(BODY | {"metrics": [REVENUE | changes]}).metric
    assert (made.cap, made.auto_cap) == (cap, is_auto)


def test_texts_are_brought_into_one_form() -> None:
    definition = author(
        BODY
        | {
            "metrics": [
                {**REVENUE, "currency": "eur"},
                {**BOUGHT, "source": "custom: A  B "},
            ],
            "targeting": {"countries": ["de", "DE"], "slugs": [" a ", "a"], "utm": {"term": []}},
        }
    )
    assert definition.metrics[0].currency == "EUR"
    assert definition.metrics[1].source == "custom:A B"
    assert definition.targeting.countries == ("DE",)
    assert definition.targeting.slugs == ("a",)
    assert definition.targeting.utm == {}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: values | st.lists(st.dictionaries(st.sampled_from(fields), values), max_size=3)
            for name, fields in {
                **{name: ["x"] for name in AuthoredTest.__struct_fields__},
                "variants": ["variant_id", "weight", "payload", "slot_overrides"],
                "metrics": ["key", "kind", "source", "currency", "cap"],
            }.items()
        },
    )
)
def test_any_document_is_taken_or_refused(changes: dict[str, Any]) -> None:
    refused = refusal_of(BODY | changes)
    assert refused is None or (refused.field and refused.reason)


def refusal_of(body: dict[str, Any]) -> Rejected | None:
    try:
        encode(author(body))
    except Rejected as refused:
        return refused
    return None
