"""Origins as browsers send them, and what is no origin."""

from __future__ import annotations

import pytest

from storepulse.access.rules.origins import MOST_ORIGINS, normal_origin, normal_origins
from storepulse.domain.errors import Rejected


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("https://shop.example", "https://shop.example"),
        (" HTTPS://Shop.Example/ ", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80/", "http://shop.example"),
        ("http://shop.example:8080", "http://shop.example:8080"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://[0:0::1]", "http://[::1]"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
    ],
)
def test_an_origin_gets_its_normal_form(written: str, normal: str) -> None:
    assert normal_origin("origins.0", written) == normal
    assert normal_origin("origins.0", normal) == normal


@pytest.mark.parametrize(
    "written",
    [
        "", "*", "null", "shop.example", "//shop.example", "https://", "https://*.shop.example",
        "https://shop.example/path", "https://shop.example?x", "https://shop.example#x",
        "https://user@shop.example", "https://shop.example:0x50", "https://shop.example:99999",
        "https://shop.example:", "https://shop example", "https://shop.example\r\nX: 1",
        "https://shop.example\u0000", "https://\ud800.example", "https://[::1", "https://[x]",
        "https://shop..example", "https://" + "a" * 1_000_000, "java script://x", "https:\\\\shop",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused(written: str) -> None:
    with pytest.raises(Rejected) as refused:
        normal_origin("origins.3", written)
    assert refused.value.field == "origins.3"


def test_origins_are_kept_once_and_are_not_without_end() -> None:
    twice = ["https://a.example", "https://A.example:443/", "https://b.example"]
    assert normal_origins("origins", twice) == ["https://a.example", "https://b.example"]
    with pytest.raises(Rejected, match="more than"):
        normal_origins("origins", (f"https://a{n}.example" for n in range(MOST_ORIGINS + 1)))
