"""Java is recognised by what it says, and where it is missing the line that helps is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from storepulse.domain.errors import Misconfigured
from storepulse.local import java, kafka_jars


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ('openjdk version "17.0.15" 2025-04-15\n', 17),
        ('java version "1.8.0_401"\n', 8),
        ('openjdk version "25" 2025-09-16 LTS\n', 25),
    ],
)
def test_release_numbers(text: str, release: int) -> None:
    found = java.parse_version(Path("java"), text)
    assert found is not None
    assert found.release == release


def test_what_is_no_java_is_not_taken_for_one() -> None:
    assert java.parse_version(Path("java"), "Unable to locate a Java Runtime.") is None


def fake(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{text}' >&2\n")
    path.chmod(0o755)
    return path


def test_an_old_java_does_not_count(tmp_path: Path) -> None:
    fake(tmp_path / "java", 'openjdk version "11.0.1"')
    assert java.find_java({"PATH": str(tmp_path)}) is None


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    (tmp_path / "home" / "bin").mkdir(parents=True)
    chosen = fake(tmp_path / "home" / "bin" / "java", 'openjdk version "21.0.1"')
    fake(tmp_path / "java", 'openjdk version "17.0.1"')
    found = java.find_java({"PATH": str(tmp_path), "JAVA_HOME": str(tmp_path / "home")})
    assert found is not None
    assert found.program == chosen


def test_without_java_and_without_rights_the_line_is_named(monkeypatch) -> None:
    monkeypatch.setattr(java, "may_install", lambda: False)
    with pytest.raises(Misconfigured, match=r"install (-y )?openjdk-17-jre-headless"):
        java.require_java({"PATH": "/nonexistent"}, lambda _: None)
    with pytest.raises(Misconfigured, match=r"install .*maven"):
        java.require_maven({"PATH": "/nonexistent"}, lambda _: None)


def test_the_cache_folder_changes_with_the_pins(tmp_path: Path, monkeypatch) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    before = kafka_jars.cache_folder(environ)
    assert before.parent == tmp_path / "storepulse"
    assert before.name.startswith(f"kafka-{kafka_jars.version()}-")
    other = tmp_path / "pom.xml"
    other.write_text(kafka_jars.POM.read_text().replace("<log4j.version>", "<log4j.version>9"))
    monkeypatch.setattr(kafka_jars, "POM", other)
    assert kafka_jars.cache_folder(environ) != before


def test_a_fetch_that_fails_leaves_no_half_filled_cache(tmp_path: Path) -> None:
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    maven = bin_folder / "mvn"
    maven.write_text("#!/bin/sh\necho '[ERROR] no route to the registry'; exit 1\n")
    maven.chmod(0o755)
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": f"{bin_folder}:/bin:/usr/bin"}
    with pytest.raises(Exception, match="no route to the registry"):
        kafka_jars.ensure(environ, lambda _: None)
    assert not list((tmp_path / "cache" / "storepulse").iterdir())
    assert kafka_jars.find(environ) is None
