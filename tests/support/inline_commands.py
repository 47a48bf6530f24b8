"""The command line inside the test's own process: no second interpreter to wait for."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner

from storepulse.adapters.settings import Settings, environment
from storepulse.cli import root
from storepulse.domain.errors import StorepulseError


def run(settings: Settings, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error; for our own errors 1 and their text."""
    result = CliRunner().invoke(root, words, env=environment(settings))
    if isinstance(result.exception, StorepulseError):
        return 1, result.stdout, str(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def run_json(settings: Settings, *words: str, code: int = 0) -> Any:
    """What a command prints with --json; fails unless it exits with `code`."""
    status, out, err = run(settings, *words, "--json")
    assert status == code, f"exit {status}: {err}"
    return json.loads(out)
