"""Which images activity tells of and carts name."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.streams.frames import frame, rows

from storepulse.domain.emails import normalised_email
from storepulse.streams.activity import rollup as activity
from storepulse.streams.cart import rollup as cart

TOLD = {"activity_type": "custom", "name": "image_generated"}


def addresses(metadata: str | None, **changed: Any) -> list[tuple[Any, ...]]:
    reduction = activity.reduce(frame("activity", TOLD | {"metadata": metadata} | changed), None)
    assert reduction.tables["customer_activity"].height == 1
    return [row[0] for row in rows(reduction, "images", "address")]


@pytest.mark.parametrize(
    "metadata",
    [
        None, "{}", "[]", "no JSON", '{"image_url": 7}', '{"image_url": " "}',
        '{"image_url": {"image_url": "https://a.example/"}}', '{"image_url": "?only=query"}',
        '{"image_url": "a\\u0000b"}', '{"image_url": "\\ud800"}', '{"image_url": ' + "[" * 5_000,
        '{"other": ' + "[" * 5_000,
    ],
    ids=range(12),
)  # fmt: skip
def test_what_names_no_image_is_no_image(metadata: str | None) -> None:
    assert addresses(metadata) == []


@pytest.mark.parametrize("changed", [{"activity_type": "page_view"}, {"name": "image_refreshed"}])
def test_other_activity_tells_of_no_image(changed: dict[str, Any]) -> None:
    assert addresses('{"image_url": "https://i.example/1"}', **changed) == []


@pytest.mark.parametrize(
    "metadata",
    [
        '{"image_url": "https://i.example/1"}',
        '{"imageUrl": " https://i.example/1?w=2 "}',
        '{"image_url": null, "generated_image_url": "https://i.example/1#?"}',
        '{"generated_image_url": "https://i.example/2", "image_url": "https://i.example/1"}',
        '{"image_url": "https://i.example/1?a\\nb"}',
    ],
)
def test_an_address_is_taken_without_its_query(metadata: str) -> None:
    assert addresses(metadata) == ["https://i.example/1"]


def test_carts_name_images_in_each_of_their_fields() -> None:
    reduction = cart.reduce(
        frame(
            "cart",
            {"generated_image_url": "https://i.example/1?a", "person_image_url": "https://i.example/2"},
            {"clothing_image_url": "https://i.example/1", "is_bot": True},
            {"generated_image_url": "?"},
        ),
        None,
    )  # fmt: skip
    assert rows(reduction, "images", "address", "is_carted", "is_carted_by_bot") == [
        ("https://i.example/1", True, True),
        ("https://i.example/2", True, False),
    ]


def test_emails_are_compared_as_the_domain_says() -> None:
    sent = ["Jane@Example.com", "JÜRGEN@X.example", "İ@x.example", "ΣΑΣ@x.example", None]
    reduction = cart.reduce(frame("cart", *({"customer_email": email} for email in sent)), None)
    found = rows(reduction, "cart_tracking_events", "customer_email", "normalised_email")
    assert found == sorted([(email, email and normalised_email(email)) for email in sent], key=repr)
