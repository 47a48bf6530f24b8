"""Creates a scene's test, or finds it by its name, so that a repeated run creates no other."""

from __future__ import annotations

from typing import Any

from storepulse.demo.shop_secrets import Call
from storepulse.demo.shops import Shop

_TESTS_AT_ONCE = 200


def start_test(
    call: Call, shop: Shop, said: dict[str, Any], since: str | None = None
) -> str | None:
    """Creates the shop and the test `said`, and starts it, with `since` as the time if given.

    Returns the test's id, or None if the key lacks the permission.
    """
    tests = f"/api/ab-testing/{shop.store_id}"
    status, known = call("GET", f"{tests}?limit={_TESTS_AT_ONCE}", None)
    if status != 200:
        return None
    test = next((listed for listed in known["data"] if listed["name"] == said["name"]), None)
    if test is None:
        test = _make_draft(call, shop, said)
    if test is None:
        return None
    test_id = str(test["test_id"])
    if test["status"] == "draft":
        began = None if since is None else {"started_at": since}
        status, _ = call("POST", f"{tests}/test/{test_id}/start", began)
        if status != 200:
            return None
    return test_id


def results_path(store: str, test_id: str) -> str:
    """The path of a test's results."""
    return f"/api/ab-testing/{store}/test/{test_id}/results"


def _make_draft(call: Call, shop: Shop, said: dict[str, Any]) -> dict[str, Any] | None:
    """Create the shop and the draft. Returns None if the key lacks the permission."""
    status, _ = call("POST", "/api/stores", shop.declaration)
    if status not in (201, 409):
        return None
    status, made = call("POST", f"/api/ab-testing/{shop.store_id}", said)
    if status != 201:
        return None
    draft: dict[str, Any] = made["data"]
    return draft
