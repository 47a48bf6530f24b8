"""Which version of Meta's API a destination speaks to, and what is said about an old one."""

from __future__ import annotations

from typing import Any

import pytest

from storepulse.destinations.kinds import KINDS
from storepulse.destinations.rules import graph_version
from storepulse.domain.errors import Rejected

SECRETS = {"access_token": ["token"]}
OWN = "https://graph.example"


@pytest.mark.parametrize(
    ("config", "base", "is_old"),
    [
        ({}, f"https://graph.facebook.com/{graph_version.CURRENT}", False),
        ({"version": "v31.0"}, "https://graph.facebook.com/v31.0", False),
        ({"version": "v9.0"}, "https://graph.facebook.com/v9.0", True),
        ({"endpoint": f"{OWN}/v24.0/"}, f"{OWN}/v24.0", True),
        ({"endpoint": f"{OWN}/", "version": "v26.0"}, f"{OWN}/v26.0", False),
    ],
)
def test_the_version_that_counts(config: dict[str, Any], base: str, is_old: bool) -> None:
    KINDS["meta_capi"].check({"pixel_id": "1234567890", **config}, SECRETS)
    assert graph_version.base_of(config) == base
    warning = graph_version.warning_of(config)
    assert (warning is not None) == is_old
    assert not is_old or graph_version.CURRENT in str(warning)


@pytest.mark.parametrize(
    "config",
    [{"version": "26.0"}, {"version": 26}, {"version": "v26.0/.."}, {"version": "v26"},
     {"version": "v26.0", "endpoint": f"{OWN}/v25.0"}],
)  # fmt: skip
def test_versions_that_are_refused(config: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as rejected:
        KINDS["meta_capi"].check({"pixel_id": "1234567890", **config}, SECRETS)
    assert rejected.value.field == "config.version"
