"""Every command explains itself, with an example."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from storepulse.cli import COMMANDS, root


def every_command() -> list[list[str]]:
    """Paths of all commands and of the commands inside them."""
    found: list[list[str]] = []
    for name in COMMANDS:
        found.append([name])
        command = root.get_command(click.Context(root), name)
        if isinstance(command, click.Group):
            found += [[name, inner] for inner in command.commands]
    return found


@pytest.mark.parametrize("path", every_command(), ids=" ".join)
def test_help_has_an_example_that_names_the_command(path: list[str]) -> None:
    result = CliRunner().invoke(root, [*path, "--help"])
    assert result.exit_code == 0, result.output
    text = " ".join(result.output.split())
    assert "Example:" in text
    assert f"storepulse {' '.join(path)}" in text.partition("Example:")[2]


def test_the_list_of_commands_is_complete() -> None:
    result = CliRunner().invoke(root, ["--help"])
    assert result.exit_code == 0
    for name, meaning in COMMANDS.items():
        assert name in result.output
        assert meaning.split()[0] in result.output
