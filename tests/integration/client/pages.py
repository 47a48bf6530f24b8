"""What docs/python-client.md and docs/bots.md show, as it stands there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.integration.client.stand_in import KEY, ROOT

TRACKING = """
const { readFileSync } = await import("node:fs");
for (const [type, fields] of JSON.parse(readFileSync(process.argv[2], "utf8")))
  console.log(track(type, 8123456789, fields));
await sending;
"""


def examples(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def with_gateway(example: str, url: str, key: str = KEY) -> str:
    return example.replace("https://events.shop.example", url).replace("ssk_…", key)


def run_node(folder: Path, gateway: str, key: str, events: str) -> list[str]:
    """Runs the example of Node with calls of `track`; the ids that it gave."""
    (example,) = examples("bots.md", "js")
    program = folder / "bot.mjs"
    program.write_text(example + TRACKING)
    calls = folder / "calls.json"
    calls.write_text(events)
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run(
        [node, str(program), str(calls)], capture_output=True, text=True, timeout=90, check=False,
        env={"GATEWAY": gateway, "KEY": key},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.split()
