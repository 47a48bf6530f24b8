"""Data that an embedded PostgreSQL left outside a home that somebody deleted."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from storepulse.local import postgres_folder
from storepulse.local.accounts import Account


class FarAccount(Account):
    """The account that the tests run under, which is said not to reach any home."""

    def can_enter(self, folder: Path) -> bool:
        return False


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    shared = tmp_path / "shared"
    monkeypatch.setattr(postgres_folder, "SHARED_FOLDER", shared)
    monkeypatch.setattr(postgres_folder, "make_shared_folder", lambda: shared.mkdir(exist_ok=True))
    me = pwd.getpwuid(os.getuid())
    return FarAccount(me.pw_name, me.pw_uid, me.pw_gid)


def test_a_home_made_again_begins_anew_and_the_old_data_stays(
    tmp_path: Path, account: Account
) -> None:
    home = tmp_path / "home"
    first = postgres_folder.place(home, account)
    (first / "data").write_text("old")
    (home / "postgres").unlink()  # as `rm -r` of the home does
    home.rmdir()

    second = postgres_folder.place(home, account)

    assert second == first
    assert list(second.iterdir()) == []
    assert (first.with_name(f"{first.name}.left-1") / "data").read_text() == "old"
