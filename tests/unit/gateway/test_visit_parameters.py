"""What an address says of a visit, held against what authors may ask for."""

from __future__ import annotations

import pytest

from storepulse.domain.experiments.authored import AuthoredTest, read
from storepulse.domain.experiments.authoring import UTM_KEYS, definition_of
from storepulse.domain.experiments.targeting import KnownVisit, is_for
from storepulse.gateway.experiments.parameters import OF_VARIANT, read_parameters, utm_of


def visit(query: bytes) -> KnownVisit:
    return KnownVisit(utm=utm_of(read_parameters(query, OF_VARIANT)))


@pytest.mark.parametrize("key", UTM_KEYS)
def test_a_campaign_that_an_author_names_is_found_in_the_address(key: str) -> None:
    variants = [{"variant_id": "a", "weight": 5000}, {"variant_id": "b", "weight": 5000}]
    body = {
        "name": "T",
        "variants": variants,
        "metrics": [{"key": "bought", "kind": "binary", "source": "purchase"}],
        "targeting": {"utm": {key: ["mail"]}},
    }
    targeting = definition_of(read(body, AuthoredTest)).targeting
    assert is_for(targeting, visit(f"visitor_id=a&utm_{key}=mail".encode()))
    assert not is_for(targeting, visit(f"visitor_id=a&utm_{key}=sms".encode()))
    assert not is_for(targeting, visit(b"visitor_id=a"))
