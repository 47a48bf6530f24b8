"""What npm publishes: its files, its size, and its types as shops compile them."""

from __future__ import annotations

import gzip
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.browser.react.shop import HERE, TRACKER, run, shop_folder
from tests.support.node_packages import installed_packages

# A busy machine takes minutes to compile.
pytestmark = pytest.mark.timeout(400)

#: Bytes of the minified hooks and components, gzipped; docs/react.md says it.
MOST_BYTES = 5_120


def config(resolution: str) -> dict[str, Any]:
    """How a strict shop compiles."""
    module = "nodenext" if resolution == "nodenext" else "es2022"
    options = {
        "target": "es2022", "lib": ["es2022", "dom", "dom.iterable"], "module": module,
        "moduleResolution": resolution, "jsx": "react-jsx", "strict": True, "noEmit": True,
        "types": [], "exactOptionalPropertyTypes": True, "noUncheckedIndexedAccess": True,
    }  # fmt: skip
    return {"compilerOptions": options, "files": ["typed.tsx"]}


def test_files_of_the_package(archive: Path) -> None:
    with tarfile.open(archive) as opened:
        names = {name.removeprefix("package/") for name in opened.getnames()}
        stored = opened.extractfile("package/package.json")
        assert stored is not None
        said = json.load(stored)
        program = opened.extractfile("package/dist/react.js")
        assert program is not None
        text = program.read().decode()
    assert {"dist/react.js", "dist/server.js", "package.json"} <= names
    assert not [name for name in names if name.startswith(("src/", "node_modules"))]
    for name in ("./react", "./react/server"):
        for file in said["exports"][name].values():
            assert file.removeprefix("./") in names
    assert said["peerDependencies"] == {"react": ">=18"}
    assert said["peerDependenciesMeta"] == {"react": {"optional": True}}
    assert "dependencies" not in said
    assert text.startswith('"use client";')


def test_size_of_what_a_page_loads(archive: Path, tmp_path: Path) -> None:
    run("tar", "xzf", archive, cwd=tmp_path)
    esbuild = installed_packages(TRACKER) / "node_modules" / ".bin" / "esbuild"
    small = run(esbuild, "package/dist/react.js", "--minify", "--format=esm", cwd=tmp_path)
    assert len(gzip.compress(small.encode(), 9)) <= MOST_BYTES


@pytest.mark.parametrize(("react", "resolution"), [("18", "nodenext"), ("19", "bundler")])
def test_types(archive: Path, tmp_path: Path, react: str, resolution: str) -> None:
    folder = shop_folder(tmp_path, archive, react)
    shutil.copy(HERE / "types" / "typed.tsx", folder)
    (folder / "tsconfig.json").write_text(json.dumps(config(resolution)))
    run(installed_packages(TRACKER) / "node_modules" / ".bin" / "tsc", "-p", ".", cwd=folder)
