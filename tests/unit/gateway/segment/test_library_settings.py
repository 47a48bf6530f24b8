"""What the library for pages is told of where to send."""

from __future__ import annotations

from typing import Any

import pytest

from storepulse.gateway.segment.library_settings import library_settings


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("events.shop.example", ("events.shop.example/v1", "https")),
        ("events.shop.example:8443", ("events.shop.example:8443/v1", "https")),
        ("localhost:8080", ("localhost:8080/v1", "http")),
        ("127.0.0.1:8080", ("127.0.0.1:8080/v1", "http")),
        ("[::1]:8080", ("[::1]:8080/v1", "http")),
        ("[2001:db8::1]", ("[2001:db8::1]/v1", "https")),
        ("192.0.2.7", ("192.0.2.7/v1", "https")),
        ("", (None, None)),
        ('x"y', (None, None)),
        ("a/b", (None, None)),
        ("a@b", (None, None)),
    ],
)
def test_events_go_where_the_page_asked(host: str, told: tuple[Any, Any]) -> None:
    document = library_settings("spk_x", host)
    segment = document["integrations"]["Segment.io"]
    assert (segment.get("apiHost"), segment.get("protocol")) == told
    assert segment["apiKey"] == "spk_x"
    assert list(document["integrations"]) == ["Segment.io"]
