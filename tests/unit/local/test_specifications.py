"""What `up` sets for the services that it runs."""

from __future__ import annotations

import pytest

from storepulse.adapters.settings import Settings
from storepulse.local.services import specifications

VARIABLE = "STOREPULSE_DEMO_SHOP_ENABLED"


def variables_of(settings: Settings) -> dict[str, str | None]:
    """What each service is told of the demo shop."""
    return {spec.name: spec.extra.get(VARIABLE) for spec in specifications(settings)}


def test_up_has_the_demo_shop() -> None:
    assert variables_of(Settings()) == {
        "gateway": None, "agents": None, "delivery": None, "query": "true",
    }  # fmt: skip


@pytest.mark.parametrize("setting", [True, False])
def test_a_setting_of_ones_own_stands(setting: bool) -> None:
    assert set(variables_of(Settings(demo_shop_enabled=setting)).values()) == {None}
