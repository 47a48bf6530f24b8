"""What logs hold, and what they never hold."""

from __future__ import annotations

import json

import pytest

from storepulse.adapters import logging
from storepulse.adapters.settings import Settings


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_values(capfd: pytest.CaptureFixture[str], log_format: str) -> None:
    logging.configure(Settings(log_format=log_format), "test")  # type: ignore[arg-type]
    canary = "ssk_" + "canary" * 3
    try:
        raise ValueError(len(canary))
    except ValueError as error:
        logging.logger().error("request_failed", exc_info=error)
    said = "".join(capfd.readouterr())
    assert "ValueError: 22" in said
    assert canary not in said


@pytest.mark.parametrize(
    ("by", "shown"),
    [("ssk_7sgW…", True), ("ssk_7sgWsgFK01eNoxdTsVUV5Nk", False), ("by ssk_7sgWsgFK…", False)],
)
def test_who_did_something_is_told_by_the_hint_of_the_key(
    capfd: pytest.CaptureFixture[str], by: str, shown: bool
) -> None:
    logging.configure(Settings(log_format="json"), "test")
    logging.logger().info("destination_removed", by=by)
    said = "".join(capfd.readouterr())
    assert (json.loads(said)["by"] == by) is shown
    assert "sgFK" not in said
