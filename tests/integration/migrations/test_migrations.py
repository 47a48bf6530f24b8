"""Migrations up and down on a real PostgreSQL."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from tests.integration.migrations.schema_introspection import schema_text

from storepulse.adapters.postgres import migrations
from storepulse.domain.errors import Misconfigured, Transient

ALL = [migration.number for migration in migrations.read_migrations()]


def test_down_to_nothing_and_up_again_is_the_same_schema(dsn: str) -> None:
    assert migrations.read_status(dsn)[0].applied_at is None
    empty = schema_text(dsn)
    assert migrations.up(dsn) == ALL
    first = schema_text(dsn)
    assert "customer_activity_newest" in first
    assert migrations.up(dsn) == []
    assert migrations.down(dsn, 0) == ALL[::-1]
    assert schema_text(dsn) == empty
    assert migrations.up(dsn) == ALL
    assert schema_text(dsn) == first


def test_each_step_leads_back_to_where_it_came_from(dsn: str) -> None:
    states = [(migrations.read_status(dsn), schema_text(dsn))[1]]
    for number in ALL:
        assert migrations.up(dsn, number) == [number]
        states.append(schema_text(dsn))
        assert migrations.down(dsn, number - 1) == [number]
        assert schema_text(dsn) == states[-2]
        assert migrations.up(dsn, number) == [number]
        assert schema_text(dsn) == states[-1]
    assert len(set(states)) == len(states)


def test_two_runs_at_once_share_the_work(dsn: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = [future.result() for future in [pool.submit(migrations.up, dsn) for _ in range(2)]]
    assert sorted(done) == [[], ALL]


def test_a_step_that_fails_leaves_nothing_behind(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = _copied(tmp_path, monkeypatch)
    number = len(ALL) + 1
    (files / f"{number:04}_broken.up.sql").write_text("CREATE TABLE half (); SELECT 1 / 0;")
    (files / f"{number:04}_broken.down.sql").write_text("DROP TABLE half;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrations.up(dsn)
    assert "half" not in schema_text(dsn)
    assert [one.migration.number for one in migrations.read_status(dsn) if one.applied_at] == ALL


def test_a_changed_file_is_refused(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = _copied(tmp_path, monkeypatch)
    migrations.up(dsn)
    path = next(files.glob("0002_*.up.sql"))
    path.write_text(path.read_text() + "\n-- changed\n")
    with pytest.raises(Misconfigured, match="0002_ledger: changed after it was applied"):
        migrations.up(dsn)


@pytest.mark.parametrize("broken", ["gap", "no way down", "no number"])
def test_files_out_of_order_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    files = _copied(tmp_path, monkeypatch)
    match broken:
        case "gap":
            for path in files.glob("0002_*"):
                path.unlink()
        case "no way down":
            next(files.glob("0002_*.down.sql")).unlink()
        case "no number":
            (files / "late.up.sql").write_text("")
    with pytest.raises(Misconfigured):
        migrations.read_migrations()


def test_a_server_that_is_away_is_transient() -> None:
    with pytest.raises(Transient, match="PostgreSQL"):
        migrations.up("postgresql://nobody@127.0.0.1:1/none")


def _copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = folder / "migrations"
    shutil.copytree(migrations.FILES, files)
    monkeypatch.setattr(migrations, "FILES", files)
    return files
