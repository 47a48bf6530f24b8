"""Which addresses destinations may have follows from where the services listen."""

from __future__ import annotations

import pytest

from storepulse.adapters.settings import load


@pytest.mark.parametrize(
    ("gateway_host", "declared", "reach"),
    [
        ("127.0.0.1", "", "loopback"),
        ("localhost", "", "loopback"),
        ("::1", "", "loopback"),
        ("0.0.0.0", "", "public"),  # noqa: S104 - listening on it is what is asked about
        ("10.1.2.3", "", "public"),
        ("gateway", "", "public"),
        ("127.0.0.1", "public", "public"),
        ("0.0.0.0", "private", "private"),  # noqa: S104
    ],
)
def test_reach(gateway_host: str, declared: str, reach: str) -> None:
    settings = load(
        {"STOREPULSE_GATEWAY_HOST": gateway_host, "STOREPULSE_DELIVERY_ADDRESSES": declared}
    )
    assert settings.delivery_reach == reach


@pytest.mark.parametrize("service", ["QUERY", "AGENT_METRICS", "DELIVERY"])
def test_a_process_that_is_told_only_its_own_address_reaches_no_loopback(service: str) -> None:
    variable = f"STOREPULSE_{service}_HOST"
    assert load({variable: "0.0.0.0"}).delivery_reach == "public"  # noqa: S104
    assert load({variable: "127.0.0.1"}).delivery_reach == "loopback"
