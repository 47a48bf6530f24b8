"""Every `storepulse …`, `make …` and `python -m bench …` that a page shows exists, options too."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from bench.__main__ import main as bench
from tests.unit.docs.markdown import (
    PAGES,
    ROOT,
    code_spans,
    mentioned_commands,
    shell_lines,
    shown_commands,
)

from storepulse.cli import root

#: Stands for an id in a command: `EVENT_ID`, `ID`, `6f1c…`.
_ID = re.compile(r"[A-Z_]*ID|[0-9a-f]+…")
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
AN_ID = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"


def inner_command(words: list[str]) -> tuple[click.Command | None, list[str], list[str]]:
    """The command that the words lead to, its path, and the words behind that."""
    command: click.Command | None = root
    path: list[str] = []
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command = command.get_command(click.Context(command), words[0])
        path, words = [*path, words[0]], words[1:]
    return command, path, words


def why_wrong(words: list[str], *, whole: bool) -> str | None:
    """What the command line would say against these words before it runs anything.

    `whole`: values and required arguments count too.
    """
    command, path, words = inner_command(words)
    if command is None:
        return f"there is no command {' '.join(path)}"
    words = [AN_ID if _ID.fullmatch(word) else word for word in words]
    try:
        if whole:
            command.make_context(" ".join(path), words)
        else:
            command.make_parser(click.Context(command)).parse_args(words)
    except click.exceptions.Exit:  # --help
        return None
    except click.UsageError as error:
        return f"{' '.join(path)}: {error.format_message()}"
    return None


def wrong(text: str) -> list[str]:
    reasons = [why_wrong(words, whole=True) for words in shown_commands(text)]
    for words in mentioned_commands(text):
        reason = why_wrong(words, whole=False)
        # `storepulse webhooks listen --count` names an option without a value of it.
        reasons.append(reason and why_wrong([*words, "value"], whole=False))
    reasons += [why_bench_is_wrong(line) for line in [*shell_lines(text), *code_spans(text)]]
    reasons += [f"there is no make {target}" for target in made(text) if target not in TARGETS]
    return [reason for reason in reasons if reason]


def why_bench_is_wrong(line: str) -> str | None:
    shown = re.search(r"python -m bench\b([^#&|;`]*)", line)
    if shown is None:
        return None
    try:
        bench.make_context("bench", shown[1].split())
    except click.UsageError as error:
        return f"bench: {error.format_message()}"
    return None


def made(text: str) -> list[str]:
    """Targets of the Makefile that the page asks for."""
    lines = [*shell_lines(text), *code_spans(text)]
    return [target for line in lines for target in re.findall(r"^make ([a-z-]+)", line)]


def not_on_path(text: str) -> list[str]:
    """Shown lines that call the command line without the folder that it is in."""
    return [line for line in shell_lines(text) if re.search(r"(?<![\w./-])storepulse ", line)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_run_from_a_clone(page: Path) -> None:
    assert not_on_path(page.read_text()) == []


def test_a_command_that_is_not_on_the_path_is_seen() -> None:
    text = "```\n./storepulse ls && storepulse up\n.venv/bin/storepulse up\nstorepulse up\n```"
    assert not_on_path(text) == ["./storepulse ls && storepulse up", "storepulse up"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_exist(page: Path) -> None:
    assert wrong(page.read_text()) == []


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("```\nstorepulse audit --recount\n```", []),
        ("```\nstorepulse audit --recont\n```", ["No such option: --recont"]),
        ("```\n$ .venv/bin/storepulse auditt # why\n```", ["no command auditt"]),
        ("```\nstorepulse dlq replay \\\n    --speed 4\n```", ["No such option: --speed"]),
        ("```\nstorepulse keys ls && storepulse keys list\n```", ["no command keys list"]),
        ("```\nA=b storepulse demo --seed\n```", ["'--seed' requires an argument"]),
        ("```\nstorepulse openapi query > file; storepulse nothing\n```", ["no command nothing"]),
        ("```\nstorepulse audit --wait soon\n```", ["'soon' is not a valid float"]),
        ("```\nstorepulse dlq show\n```", ["Missing argument"]),
        ("```\nstorepulse dlq replay --patch '[\n  1]' --nothing\n```", ["No such option"]),
        ("Run `storepulse webhooks listen --count`.", []),
        ("Run `storepulse tail --nothing`.", ["No such option: --nothing"]),
        ("```python\nstorepulse nothing\n```", []),
        ("```\nmake check\nmake chekc\n```", ["no make chekc"]),
        (
            "```\n.venv/bin/python -m bench --only agent # why\n```",
            ["'agent' is not one of"],
        ),
    ],
)
def test_a_wrong_command_is_seen(text: str, seen: list[str]) -> None:
    reasons = wrong(text)
    assert len(reasons) == len(seen)
    for reason, expected in zip(reasons, seen, strict=True):
        assert expected in reason
