"""Tracebacks say where, and no value of a variable."""

from __future__ import annotations

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
