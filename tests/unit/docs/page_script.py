"""The commands of a page of documentation as one shell script, and what each of them said.

A page is one script, as its reader has one terminal: a variable of one block is there in the next.
In a block with lines that begin with `$ ` those alone are commands; the rest is output.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.unit.docs.markdown import prose_and_code

_SHELL = {"", "bash", "sh", "console", "shell"}
#: A program as a reader would type it.
_COMMAND = re.compile(r"(?:[A-Z_]+=\S* +)*(?:\./|\.venv/bin/)?(?:[a-z][\w.-]*)\b|[A-Z_]+=")
_MARK = "====command"


@dataclass(frozen=True)
class Said:
    """What a command printed, on both outputs, and its exit code."""

    command: str
    code: int
    lines: list[str]


def commands_of(text: str) -> list[str]:
    """The page's commands in their order, each whole: continued lines and quotations joined."""
    _, blocks = prose_and_code(text)
    return [
        command
        for language, code in blocks
        if language in _SHELL
        for command in _commands_of_block(code)
    ]


def _commands_of_block(code: str) -> Iterable[str]:
    lines = code.splitlines()
    is_transcript = any(line.startswith("$ ") for line in lines)
    command = ""
    for line in lines:
        if command:
            command += "\n" + line
        elif is_transcript and line.startswith("$ "):
            command = line.removeprefix("$ ")
        elif not is_transcript and _COMMAND.match(line):
            command = line
        else:
            continue
        if _is_whole(command):
            yield command
            command = ""


def _is_whole(command: str) -> bool:
    """Whether no quotation and no continued line waits for more."""
    quote = ""
    for character in command:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#":
            break
    return not quote and not command.endswith("\\")


def script_of(commands: Iterable[str], lasting: Mapping[str, float]) -> str:
    """A script that runs every command, whatever becomes of the others, and marks its output.

    `lasting`: beginnings of commands that last until Ctrl-C, with the seconds after which it comes;
    the next command runs beside them.
    """
    parts = ["set -uo pipefail"]
    for number, command in enumerate(commands):
        seconds = next((lasting[start] for start in lasting if command.startswith(start)), None)
        line = command if seconds is None else _beside(command, seconds)
        parts.append(f"printf '\\n{_MARK} {number}\\n'")
        parts.append(f"{line}\nprintf '\\n{_MARK} {number} ended %d\\n' $?")
    return "\n".join(parts) + "\n"


def _beside(command: str, seconds: float) -> str:
    """A command that runs beside the next ones for so long."""
    bare = command.partition(" #")[0]
    return f"timeout --signal INT {seconds} {bare} > /dev/null 2>&1 & sleep 2"


def said_by(output: str, commands: list[str]) -> list[Said]:
    """What each command of the script said."""
    said = []
    for number, command in enumerate(commands):
        begun, ended = f"\n{_MARK} {number}\n", f"\n{_MARK} {number} ended "
        assert begun in output, f"the shell did not come to {command!r}: {output[-500:]}"
        assert ended in output, f"the shell did not come through {command!r}: {output[-500:]}"
        text, _, rest = output.partition(begun)[2].partition(ended)
        said.append(Said(command, int(rest.split()[0]), text.splitlines()))
    return said
