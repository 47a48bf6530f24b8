"""A new stream is one folder, one schema with its lines in topics.toml, and one migration: one
command writes them into a copy of the product, and no other file has to be touched."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from tests.support import commands
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.domain.signing import new_secret

ROOT = Path(__file__).parents[2]
NAME = "review"
#: Everything that names a stream's files: what `streams new` may write or add lines to.
GROWN = {"schemas/topics.toml", "schemas/lock.toml"}
STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what a checkout needs to run and to be checked."""
    folder = tmp_path / "product"
    for name in ("services", "schemas", "deploy"):
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def product(folder: Path, *words: str) -> str:
    """Runs a command of the copy."""
    done = subprocess.run(
        [sys.executable, "-m", "storepulse", *words],
        cwd=folder, env=os.environ | of_copy(folder), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def of_copy(folder: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(folder / "services"), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def grown(copy: Path) -> Path:
    """The copy with the new stream; every file that was there is as it was."""
    before = files_of(copy)
    product(copy, "streams", "new", NAME)
    product(copy, "schemas", "lock")
    after = files_of(copy)
    assert {name for name in before if before[name] != after.get(name)} == GROWN
    new = {name for name in after if name not in before}
    rooms = (
        f"services/storepulse/streams/{NAME}/",
        f"schemas/{NAME}.v1.avsc",
        f"schemas/examples/{NAME}.v1/",
        "deploy/migrations/",
    )
    assert all(name.startswith(rooms) for name in new), new
    assert sum(name.startswith("deploy/migrations/") for name in new) == 2
    return copy


def ask(settings: Any, key: str, path: str, **parameters: Any) -> Any:
    answer = httpx.get(
        f"http://127.0.0.1:{settings.query_port}{path}",
        params=parameters,
        headers={"x-api-key": key},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def stack(grown: Path, world: World) -> Iterator[World]:
    """All services of the copy, in a world that has its migration and its topics."""
    settings, extra = world.settings, of_copy(grown)
    for words in (("migrate", "up"), ("topics", "apply")):
        code, out, err = commands.finish(commands.start(settings, *words, extra=extra))
        assert code == 0, out + err
    with ExitStack() as stopping:
        names = ("gateway", "agents", "query", "delivery")
        services = [Service(name, settings, extra) for name in names]
        for service in services:
            stopping.callback(service.stop)
            service.start()
        for service in services:
            service.wait_ready()
        yield world


def test_a_new_stream_is_formatted_typed_and_checked(grown: Path) -> None:
    assert "right" in product(grown, "schemas", "check")
    folder = str(grown / "services" / "storepulse" / "streams" / NAME)
    for tool in (("ruff", "check"), ("ruff", "format", "--check")):
        done = subprocess.run(
            [sys.executable, "-m", *tool, folder],
            cwd=grown, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    listed = json.loads(product(grown, "streams", "ls", "--json"))
    (row,) = [row for row in listed if row["stream"] == NAME]
    assert row["paths"] == [f"/api/{NAME}/track", f"/api/{NAME}/track-batch"]


def test_names_that_are_none_or_taken_are_refused(copy: Path) -> None:
    for name, reason in (("cart", "exists already"), ("Re-view", "small letters")):
        done = subprocess.run(
            [sys.executable, "-m", "storepulse", "streams", "new", name],
            cwd=copy, env=os.environ | of_copy(copy), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert reason in done.stderr


def test_a_new_stream_goes_all_the_way(
    stack: World, grown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, extra, gateway = stack.settings, of_copy(grown), stack.settings.gateway_port
    monkeypatch.setenv("WEBHOOK_SECRET", new_secret(os.urandom(32)))
    beacons = [
        {
            "store_id": STORE,
            "session_id": f"s-{n}",
            "event_id": str(uuid4()),
            "event_type": "created",
        }
        for n in range(6)
    ]
    ahead = datetime.now(UTC) + timedelta(hours=23)
    beacons[1]["timestamp"] = ahead.isoformat()

    def send(path: str, body: Mapping[str, Any]) -> httpx.Response:
        return httpx.post(f"http://127.0.0.1:{gateway}{path}", json=body)

    assert send(f"/api/{NAME}/track", beacons[0]).status_code == 202
    assert send(f"/api/{NAME}/track-batch", {"events": beacons[1:3]}).status_code == 202
    assert send("/collect", {"stream": NAME, "events": beacons[3:]}).status_code == 202
    assert send(f"/api/{NAME}/track", beacons[0]).status_code == 202  # again: it has no effect
    refused = send(f"/api/{NAME}/track", beacons[0] | {"event_type": "eaten"})
    assert (refused.status_code, refused.json()["details"]["field"]) == (400, "event_type")
    document = httpx.get(f"http://127.0.0.1:{gateway}/openapi.json").json()
    fields = document["components"]["schemas"]["ReviewBeacon"]["properties"]
    assert [name for name, field in fields.items() if not field.get("description")] == []

    with psycopg.connect(settings.dsn, autocommit=True) as connection:

        def rows() -> bool:
            found = connection.execute(f"SELECT count(*) FROM {NAME}_events").fetchone()
            return found == (len(beacons),)

        wait_until(rows, "all events are rows", seconds=60)
        counted = connection.execute(f"SELECT sum(events)::int FROM {NAME}_hourly").fetchone()
        assert counted == (len(beacons),)
        # The day of an event that is still to come stays, whatever zone its store chooses.
        declared = commands.start(
            settings, "stores", "create", "--id", STORE, "--set", "time_zone=Asia/Tokyo",
            extra=extra,
        )  # fmt: skip
        code, out, err = commands.finish(declared)
        assert code == 0, out + err
        (first_day,) = connection.execute("SELECT from_day FROM store_time_zones").fetchone() or ()
        assert first_day > ahead.date()
    listed = ask(settings, stack.key, f"/api/streams/{NAME}/events", store_id=STORE, limit=4)
    rest = ask(
        settings, stack.key, f"/api/streams/{NAME}/events", store_id=STORE, limit=4,
        cursor=listed["next_cursor"],
    )  # fmt: skip
    ids = [row["event_id"] for row in [*listed["data"], *rest["data"]]]
    assert sorted(ids) == sorted(beacon["event_id"] for beacon in beacons)
    assert NAME in [one["name"] for one in ask(settings, stack.key, "/api/streams")["data"]]

    listener = commands.start(
        settings, "webhooks", "listen", "--port", "0", "--secret-env", "WEBHOOK_SECRET",
        "--count", "1", "--json", extra=extra,
    )  # fmt: skip
    try:
        assert listener.stderr is not None
        said = listener.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", said)
        assert address is not None, said
        added = commands.start(
            settings, "destinations", "add", "crm", "--url", address[0], "--stream", NAME,
            "--type", "changed", "--secret-env", "WEBHOOK_SECRET", "--batch-seconds", "0.1",
            extra=extra,
        )  # fmt: skip
        code, out, err = commands.finish(added)
        assert code == 0, out + err
        triggered = commands.start(
            settings, "webhooks", "trigger", "crm", "--wait", "60", "--json", extra=extra
        )
        code, out, err = commands.finish(triggered)
        assert code == 0, out + err
        code, out, err = commands.finish(listener, 60)
    finally:
        listener.kill()
        listener.communicate()
    event = json.loads(out)["event"]
    assert (event["stream"], event["type"]) == (NAME, "changed")

    code, out, err = commands.finish(commands.start(settings, "audit", "--recount", extra=extra))
    assert (code, err) == (4, ""), out + err
    (left_out,) = re.findall(r"^not compared: (.*)", out, re.MULTILINE)
    assert left_out.startswith(f"{NAME}: the model")
