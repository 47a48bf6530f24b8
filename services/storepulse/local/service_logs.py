"""Services' output: to files of bounded size, and to our terminal with the service's name.

One reader thread per service, which ends with its pipe. Lines are written whole. A closed terminal
never stops a service.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO

import click

LARGEST_BYTES = 10_000_000
MOST_FILES = 3
COLOURS = ("cyan", "magenta", "yellow", "green", "blue")


class BoundedFile:
    """Appends to `path`; at `largest` bytes it becomes `path.1`, and so on up to `most_files`."""

    def __init__(
        self, path: Path, *, largest: int = LARGEST_BYTES, most_files: int = MOST_FILES
    ) -> None:
        self._path = path
        self._largest = largest
        self._most_files = most_files
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")

    def write(self, line: bytes) -> None:
        """Append one line."""
        if self._file.tell() + len(line) > self._largest and self._file.tell() > 0:
            self._rotate()
        self._file.write(line)
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._most_files - 1, 0, -1):
            older = self._path_of(number)
            if older.exists():
                older.replace(self._path_of(number + 1))
        self._path.replace(self._path_of(1))
        self._file = self._path.open("ab")

    def _path_of(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


class Terminal:
    """Writes prefixed lines to standard error, or nothing if `quiet`. Thread-safe."""

    def __init__(self, names: list[str], *, quiet: bool) -> None:
        self._quiet = quiet
        self._width = max(map(len, names), default=0)
        self._colour = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
        self._lock = threading.Lock()

    def show(self, name: str, line: str) -> None:
        """Show a line of the service `name`."""
        if self._quiet:
            return
        prefix = click.style(f"{name:<{self._width}} │ ", fg=self._colour.get(name))
        with self._lock:
            try:
                click.echo(prefix + line, err=True)
            except OSError:  # the terminal was closed; the files have all lines
                self._quiet = True


def follow(name: str, pipe: IO[bytes], file: BoundedFile, terminal: Terminal) -> threading.Thread:
    """Start a thread that copies `pipe` line by line until it closes."""

    def copy() -> None:
        with pipe:
            for line in pipe:
                file.write(line)
                terminal.show(name, line.decode(errors="replace").rstrip("\n"))

    thread = threading.Thread(target=copy, name=f"log of {name}", daemon=True)
    thread.start()
    return thread
