"""Money, store names, times: the smallest rules, each with what it must refuse."""

from __future__ import annotations

import sys
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import iso4217
import pytest

from storepulse.domain.currencies import (
    CURRENCIES,
    WITHDRAWN,
    amount,
    currency,
    minor_units,
    money,
)
from storepulse.domain.envelope import (
    FURTHEST_AHEAD_MS,
    FURTHEST_BACK_MS,
    certain_ms,
    clock_error_ms,
    iso_ms,
    occurred_ms,
)
from storepulse.domain.errors import Rejected
from storepulse.domain.stores import NAMESPACE, host_of, normalised_domain, store_id_of_domain
from storepulse.streams.beacon import free_object, url

NOW = 1_767_268_800_000


@pytest.mark.parametrize(
    "text",
    ["0", "19.99", "-5", "0.0001", "999999999999.9999", "1e3", "1.50000000000", "0e50", "-0"],
)
def test_money_is_kept_exactly(text: str) -> None:
    kept = money("value", Decimal(text))
    assert kept == Decimal(text)
    exponent = kept.as_tuple().exponent
    assert isinstance(exponent, int)
    assert exponent >= -4 or kept == 0


@pytest.mark.parametrize(
    "text",
    [
        "1000000000000",
        "-1e12",
        "1e999999999",
        "0.00001",
        "1.00000000000000000000000000000000000001",
        "NaN",
        "sNaN",
        "Infinity",
        "9" * 5000,
    ],
)
def test_no_money(text: str) -> None:
    with pytest.raises(Rejected):
        money("value", Decimal(text))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (836.9999999999998, "837.0000"), (0.30000000000000004, "0.3000"), (0.1 + 0.2, "0.3000"),
        (0e20, "0"), (12, "12"), (-1.00005, "-1.0000"), (999999999999.9999, "999999999999.9999"),
        ("12.3400000", "12.34"), (" 5 ", "5"), ("0E+20", "0"), (".5", "0.5"), ("1e3", "1000"),
    ],
)  # fmt: skip
def test_amounts_as_clients_write_them(sent: float | str, kept: str) -> None:
    assert amount("value", sent) == Decimal(kept)


@pytest.mark.parametrize(
    "sent",
    [
        "1_000", "\u0661\u0662", "\uff11", "", " ", "1,5", "0x1", "NaN", "Infinity", "1e9999",
        "1.00001", "0.30000000000000004", "9" * 5000, "1" + "0" * 12, 1e12, -1e300,
        float("nan"), float("inf"),
    ],
)  # fmt: skip
def test_no_amounts(sent: float | str) -> None:
    with pytest.raises(Rejected):
        amount("value", sent)


def test_currencies() -> None:
    assert currency("currency", "eur") == "EUR"
    assert currency("currency", "XCG") == "XCG"
    for code in ("XYZ", "", "EURO", "XXX", "XTS", "ANG", "BGN", "euros", "\u20ac"):
        with pytest.raises(Rejected) as caught:
            currency("currency", code)
        assert caught.value.field == "currency"


def test_the_list_of_currencies_is_the_one_that_was_looked_at() -> None:
    """When a later list comes: add what it dropped to WITHDRAWN, then its date here."""
    assert iso4217.__published__ == date(2026, 1, 1)
    assert len(CURRENCIES - WITHDRAWN.keys()) == 176


@pytest.mark.parametrize(
    ("code", "places"),
    [
        ("EUR", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("CLF", 4), ("UYW", 4), ("MGA", 2),
        ("XAU", 4), ("XDR", 4), ("no currency", 4),
    ],
)  # fmt: skip
def test_minor_units(code: str, places: int) -> None:
    assert minor_units(code) == places


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("shop", "shop.myshopify.com"),
        (" SHOP ", "shop.myshopify.com"),
        ("shop.example.", "shop.example"),
        ("https://shop.example/path?q#f", "shop.example"),
        ("shop.example?x", "shop.example"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("https://BÜCHER.example/", "xn--bcher-kva.example"),
        ("https://shop.example:8443/cart", "shop.example"),
        ("shop.example:8443", "shop.example"),
        ("shop:80", "shop.myshopify.com"),
        ("www.shop.example", "shop.example"),
        ("https://WWW.Shop.example/", "shop.example"),
        ("www.bücher.example", "xn--bcher-kva.example"),
        ("www.shop", "www.shop"),
        ("wwwshop.example", "wwwshop.example"),
    ],
)
def test_store_names(name: str, domain: str) -> None:
    assert normalised_domain(name) == domain
    assert store_id_of_domain(domain) == str(uuid.uuid5(NAMESPACE, domain))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "https://",
        "sh op",
        "-shop",
        "a..b",
        "a" * 64,
        "x:port",
        "x:1:2",
        "\ufffd",
        "é" * 300,
    ],
)  # fmt: skip
def test_no_store_names(name: str) -> None:
    with pytest.raises(Rejected):
        normalised_domain(name)


def test_the_namespace_of_stores_never_changes() -> None:
    assert store_id_of_domain("shop.myshopify.com") == "a845819d-59d9-5510-bc00-9bff3ea2331d"


@pytest.mark.parametrize(
    ("page", "host"),
    [
        ("https://LP.example:8443", "lp.example"),
        ("null", None),
        ("", None),
        ("http://[", None),
        ("https://bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_hosts_of_pages(page: str, host: str | None) -> None:
    assert host_of(page) == host


def test_times_in_all_forms() -> None:
    at = datetime(2026, 1, 1, 11, 0, 0, 250_999, tzinfo=UTC)
    assert occurred_ms(at, NOW) == NOW - 3_600_000 + 250
    assert occurred_ms(NOW - 5, NOW) == NOW - 5
    assert occurred_ms(NOW // 1000, NOW) == NOW
    assert occurred_ms(NOW / 1000 + 0.5, NOW) == NOW + 500
    assert occurred_ms(NOW + 0.9, NOW) == NOW


def test_the_window_of_times() -> None:
    assert occurred_ms(NOW + FURTHEST_AHEAD_MS, NOW)
    assert occurred_ms(NOW - FURTHEST_BACK_MS, NOW)
    too_old = (NOW - FURTHEST_BACK_MS - 1, 0, -1, -1e300, -sys.float_info.max)
    for wrong in (NOW + FURTHEST_AHEAD_MS + 1, 1e300, sys.float_info.max, *too_old):
        with pytest.raises(Rejected):
            occurred_ms(wrong, NOW)


def test_a_clock_that_is_far_off_is_set() -> None:
    minute = 60_000
    for ahead in (0, 5 * minute, -5 * minute):
        assert clock_error_ms(NOW + ahead, NOW) == 0
    for ahead in (5 * minute + 1, -5 * minute - 1, 90 * 24 * 60 * minute):
        assert clock_error_ms(NOW + ahead, NOW) == ahead
        assert occurred_ms(NOW + ahead - 1000, NOW, ahead) == NOW - 1000
    assert clock_error_ms((NOW + 600_000) / 1000, NOW) == 600_000
    with pytest.raises(Rejected):
        occurred_ms(NOW, NOW, -FURTHEST_AHEAD_MS - 1)


@pytest.mark.parametrize("received", [NOW, 0, 100_000_000_000])
def test_times_that_need_no_further_look(received: int) -> None:
    earliest, latest = certain_ms(received)
    for ms in (earliest, latest, (earliest + latest) // 2):
        if earliest <= ms <= latest:
            assert occurred_ms(ms, received) == ms
    with pytest.raises(Rejected):
        occurred_ms(latest + 1, received)


def test_iso_times() -> None:
    assert iso_ms(1_704_067_200_000 + 43_200_000) == "2024-01-01T12:00:00.000Z"
    assert iso_ms(NOW + 7) == "2026-01-01T12:00:00.007Z"


@pytest.mark.parametrize(
    "text",
    [
        "http://a",
        "https://a.example:8443/p?q=1#f",
        "HTTPS://A.B/ü?x=\U0001f6d2",
        "https://[::1]:80/",
        "https://user:pw@a.b/",
        "https://a.b/</script>",
    ],
)
def test_urls(text: str) -> None:
    assert url("page_url", text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b/c",
        "ftp://a.b",
        "javascript:alert(1)",
        "https://",
        "https:///p",
        "https://a b/",
        "https://a.b/ c",
        "https://a.b/\n",
        "https://a.b/\0",
        "https://<b>/",
        "//a.b",
        "data:,x",
    ],
)
def test_no_urls(text: str) -> None:
    with pytest.raises(Rejected):
        url("page_url", text)


def nested(depth: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for _ in range(depth - 1):
        found = {"a": found}
    return found


def test_free_objects_are_bounded() -> None:
    assert free_object("metadata", {"a": [1, "é"]}) == '{"a":[1,"é"]}'
    assert free_object("metadata", {}) is None
    assert free_object("metadata", {str(n): n for n in range(200)})
    assert free_object("metadata", nested(31))
    for wrong in (
        {str(n): n for n in range(201)},
        nested(33),
        {"a": 2**63},
        {"a": [[-(2**63) - 1]]},
    ):
        with pytest.raises(Rejected):
            free_object("metadata", wrong)
