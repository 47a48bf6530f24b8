"""The wheel, installed outside of the repository, carries everything that the product reads."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGE = Path("services/storepulse")
#: What Node builds: folders of the package.
BUILT = (
    "gateway/tracker/built",
    "tracking/built",
    "query/demo_shop/built",
    "query/demo_shop/built/worn",
    "query/console/built",
    "query/console/built/assets",
)
PROGRAM = """
import storepulse, sys
from storepulse.adapters.postgres.migrations import read_migrations
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.contracts.schemas import schemas_by_id
from storepulse.contracts.topics import load_catalog
from storepulse.gateway.tracker.files import TRACKER, read_tracker
from storepulse.local import kafka_jars
from storepulse.query.console.files import BUILT, read_build
from storepulse.query.demo_shop import pages
from storepulse.tracking.script_text import read_built
assert "site" in storepulse.__file__, storepulse.__file__
streams = load_catalog().streams
for stream in streams:
    named_sql(f"streams/{stream}/rollup")
ledger = b"ledger" in named_sql("slices/ledger")["positions"]
script = read_tracker().answer(TRACKER, "", {b"accept-encoding": b"br"})
assert (script.status, (b"content-encoding", b"br") in script.headers) == (200, True), script
assert pages.is_built() and pages.file_of("landing.html") and pages.file_of("shop.js")
console = read_build(BUILT)
scripts = [file for name, file in console.files.items() if name.endswith(".js")]
assert len(scripts) > 5 and all("br" in file.bodies for file in scripts), scripts
for script in ("landing", "pixel", "tag_manager"):
    assert read_built(script), script
print(len(streams), len(schemas_by_id()), len(read_migrations()), ledger)
"""


def run(*command: str, cwd: Path, path: str = "") -> str:
    environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    if path:
        environ["PYTHONPATH"] = path
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A clean clone: the files that git has."""
    source = tmp_path / "source"
    tracked = run("git", "ls-files", "-z", cwd=ROOT).split("\0")
    for name in filter(None, tracked):
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_symlink():
            target.symlink_to((ROOT / name).readlink())
        elif (ROOT / name).is_file():
            target.write_bytes((ROOT / name).read_bytes())
    return source


def built_files(package: Path) -> dict[str, bytes]:
    """What Node built into a package, by path. Fails where a folder has nothing."""
    made = {
        f"{folder}/{file.name}": file.read_bytes()
        for folder in BUILT
        for file in (package / folder).iterdir()
        if file.is_file()
    }
    for folder in BUILT:
        assert any(name.startswith(f"{folder}/") for name in made), folder
    return made


def install(source: Path, tmp_path: Path) -> Path:
    """A folder with nothing but what the wheel holds."""
    run(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), ".",
        cwd=source,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    run(sys.executable, "-m", "zipfile", "-e", str(wheel), str(site), cwd=tmp_path)
    return site


def test_an_installed_wheel_finds_what_it_reads(source: Path, tmp_path: Path) -> None:
    for built in (ROOT / PACKAGE).rglob("built"):
        # A copy's files are newer than their sources, so that nothing is built here.
        shutil.copytree(built, source / built.relative_to(ROOT), copy_function=shutil.copyfile)
    installed = install(source, tmp_path)
    assert {p.name for p in installed.iterdir() if not p.name.endswith(".dist-info")} == {
        "storepulse"
    }
    out = run(sys.executable, "-c", PROGRAM, cwd=tmp_path, path=str(installed))
    made = len(list((ROOT / "deploy" / "migrations").glob("*.up.sql")))
    assert out.split() == ["9", "13", str(made), "True"]
    assert built_files(installed / "storepulse") == built_files(ROOT / PACKAGE)
    checked = run(
        sys.executable, "-m", "storepulse", "schemas", "ls", cwd=tmp_path, path=str(installed)
    )
    assert "heatmap" in checked


@pytest.mark.long
def test_a_clean_clone_builds_what_browsers_run_into_its_wheel(
    source: Path, tmp_path: Path
) -> None:
    installed = install(source, tmp_path)
    assert built_files(installed / "storepulse") == built_files(ROOT / PACKAGE)


def test_a_wheel_without_node_says_what_is_missing(source: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "id"):
        (tools / name).symlink_to(shutil.which(name) or name)
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "bdist_wheel"],
        cwd=source,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "npm is missing" in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("the tracker is not built: install Node")
