"""The tracker's files as they are served: codings, kept copies, names, and a build that is not
there."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.http.static_files import FileAnswer
from storepulse.gateway.tracker.files import (
    TRACKER,
    TRACKER_FILE,
    TrackerFiles,
    read_tracker,
)

CODE = b"console.log('tracker');" * 20


@pytest.fixture
def built(tmp_path: Path) -> TrackerFiles:
    manifest = {}
    files = {"tracker": "tracker.js", "core": "core.0a1b2c3d.js", "pixels": "pixels.4e5f6071.js"}
    for module, file in files.items():
        (tmp_path / file).write_bytes(CODE + module.encode())
        (tmp_path / f"{file}.map").write_bytes(b"{}")
        (tmp_path / f"{file}.br").write_bytes(b"br:" + module.encode())
        manifest[module] = {"file": file, "integrity": "sha384-x", "gzip": 1}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "secret.js").write_text("not in the manifest")
    return read_tracker(tmp_path)


def ask(files: TrackerFiles, name: str, **headers: str) -> FileAnswer:
    route = TRACKER if name == "" else TRACKER_FILE
    named = {key.replace("_", "-").encode(): value.encode() for key, value in headers.items()}
    return files.answer(route, name, named)


def header(answer: FileAnswer, name: str) -> str | None:
    found = dict(answer.headers).get(name.encode())
    return None if found is None else found.decode()


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None), ("identity", None), ("gzip", "gzip"), ("gzip, deflate, br", "br"),
        ("br;q=0, gzip", "gzip"), ("*", "br"), ("*, br;q=0", "gzip"), ("gzip;q=no", None),
        ("br ; q=0.1", "br"), ("zstd", None),
    ],
)  # fmt: skip
def test_the_best_coding_that_is_accepted(
    built: TrackerFiles, accepted: str, coding: str | None
) -> None:
    answer = ask(built, "", accept_encoding=accepted)
    assert header(answer, "content-encoding") == coding
    whole = CODE + b"tracker"
    assert answer.body == {None: whole, "gzip": answer.body, "br": b"br:tracker"}[coding]
    if coding == "gzip":
        assert gzip.decompress(answer.body) == whole
    assert header(answer, "vary") == "Accept-Encoding"


def test_each_coding_has_a_tag_of_its_own_and_is_confirmed_by_it(built: TrackerFiles) -> None:
    tags = {header(ask(built, "", accept_encoding=coding), "etag") for coding in ("", "gzip", "br")}
    assert len(tags) == 3
    for tag in tags:
        other = f'"other", W/{tag}'
        confirmed = [
            ask(built, "", accept_encoding=coding, if_none_match=other).status
            for coding in ("", "gzip", "br")
        ]
        assert sorted(confirmed) == [200, 200, 304]
    assert ask(built, "", if_none_match="*").status == 304
    kept = ask(built, "", if_none_match=header(ask(built, ""), "etag") or "")
    assert (kept.body, header(kept, "cache-control")) == (
        b"", "public, max-age=3600, stale-while-revalidate=86400",
    )  # fmt: skip
    assert header(kept, "vary") == "Accept-Encoding"


def test_names_with_a_hash_are_kept_for_good(built: TrackerFiles) -> None:
    for name, seconds in (
        ("", 3600), ("core.0a1b2c3d.js", 31_536_000), ("core.js", 3600), ("pixels.js", 3600),
        ("pixels.4e5f6071.js.map", 31_536_000), ("tracker.js.map", 3600),
    ):  # fmt: skip
        kept = header(ask(built, name), "cache-control") or ""
        assert f"max-age={seconds}" in kept
        assert ("immutable" in kept) == (seconds > 3600)


def test_pages_of_every_origin_may_load_them(built: TrackerFiles) -> None:
    for name, kind, source_map in (
        ("", "text/javascript; charset=utf-8", "tracker/tracker.js.map"),
        ("pixels.js", "text/javascript; charset=utf-8", "pixels.4e5f6071.js.map"),
        ("pixels.4e5f6071.js", "text/javascript; charset=utf-8", "pixels.4e5f6071.js.map"),
        ("pixels.4e5f6071.js.map", "application/json; charset=utf-8", None),
    ):
        answer = ask(built, name)
        assert header(answer, "content-type") == kind
        assert header(answer, "sourcemap") == source_map
        assert header(answer, "access-control-allow-origin") == "*"
        assert header(answer, "cross-origin-resource-policy") == "cross-origin"
        assert header(answer, "x-content-type-options") == "nosniff"


@pytest.mark.parametrize(
    "name", ["secret.js", "manifest.json", "pixels", "../files.py", "tracker.js.br", "PIXELS.JS"]
)
def test_only_names_of_the_manifest_are_served(built: TrackerFiles, name: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        ask(built, name)
    assert (refused.value.status, refused.value.code) == (404, "NOT_FOUND")


@pytest.mark.parametrize("manifest", [None, "", "[]", "{}", '{"tracker": {"file": "gone.js"}}'])
def test_without_a_whole_build_the_answer_says_so(tmp_path: Path, manifest: str | None) -> None:
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    files = read_tracker(tmp_path)
    for name in ("", "pixels.js"):
        with pytest.raises(RequestRefused, match=r"deploy/browser\.sh") as refused:
            ask(files, name)
        assert (refused.value.status, refused.value.code) == (404, "NOT_BUILT")
