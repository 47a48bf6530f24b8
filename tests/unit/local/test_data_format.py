"""Data of a version that this one does not read is refused before anything starts on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from storepulse.domain.errors import Misconfigured
from storepulse.local.data_format import require_readable


def test_a_fresh_folder_is_marked_and_read_again(tmp_path: Path) -> None:
    require_readable(tmp_path)
    (tmp_path / "kafka").mkdir()
    require_readable(tmp_path)


@pytest.mark.parametrize("name", ["kafka", "postgres"])
def test_data_without_a_mark_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    for _ in range(2):
        with pytest.raises(Misconfigured, match="another version"):
            require_readable(tmp_path)


def test_data_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data-format").write_text("0\n")
    with pytest.raises(Misconfigured, match="format 0, this one reads"):
        require_readable(tmp_path)
