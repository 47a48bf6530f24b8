"""Log files stay bounded and no line is torn or lost before its turn."""

from __future__ import annotations

import os
from pathlib import Path

from storepulse.local.service_logs import BoundedFile, Terminal, follow


def test_a_full_file_is_rotated_and_the_oldest_dropped(tmp_path: Path) -> None:
    path = tmp_path / "gateway.log"
    file = BoundedFile(path, largest=20, most_files=2)
    for number in range(10):
        file.write(b"line %03d\n" % number)  # 9 bytes: two a file
    file.close()
    names = ["gateway.log.2", "gateway.log.1", "gateway.log"]
    kept = [line for name in names for line in (tmp_path / name).read_text().splitlines()]
    assert kept == [f"line {number:03}" for number in range(4, 10)]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names)


def test_lines_go_to_the_file_as_they_are_and_to_the_terminal_with_their_name(
    tmp_path: Path, capsys
) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"one\n\xff two\nno newline at the end")
    os.close(writing)
    file = BoundedFile(tmp_path / "a.log")
    follow("agents", os.fdopen(reading, "rb"), file, Terminal(["agents"], quiet=False)).join(5)
    file.close()
    assert (tmp_path / "a.log").read_bytes() == b"one\n\xff two\nno newline at the end"
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "agents │ one"
    assert len(lines) == 3


def test_a_quiet_terminal_stays_quiet(capsys) -> None:
    Terminal(["a"], quiet=True).show("a", "secret")
    assert capsys.readouterr() == ("", "")
