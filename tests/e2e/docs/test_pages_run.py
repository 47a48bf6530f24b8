"""Every command that a page shows runs as it stands there, in a terminal of 80 columns."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.e2e.docs.reader import Reader, reader_of_pages
from tests.unit.docs.markdown import PAGES, ROOT
from tests.unit.docs.page_script import Said, commands_of, said_by, script_of

pytestmark = pytest.mark.long

#: Commands that are not run here, by how they begin, with the reason.
NOT_RUN = {
    "make ": "the tests are one of them",
    "docker ": "wants Docker",
    ".venv/bin/python -m bench": "takes long; its options are checked elsewhere",
    ".venv/bin/ruff": "is what `make check` does",
    "./storepulse migrate roles": "wants a database of the reader's own",
    "STOREPULSE_KAFKA": "wants a cluster of the reader's own",
    "GLIBC_TUNABLES": "is no command",
    "./storepulse gateway": "the stack runs one on this port",
    "STOREPULSE_AGENT_SLOT=0 ./storepulse agents": "the stack runs one in this slot",
    "STOREPULSE_DELIVERY_SLOT=0 ./storepulse delivery": "the same",
    "./storepulse query": "the stack runs one on this port",
    "./storepulse topics acls --format strimzi": "wants Kubernetes",
    "./storepulse keys create --kind secret --scope read > /etc": "writes outside of the clone",
    "./storepulse usage show": "wants a month that was closed; the tests of the commands have one",
    "./storepulse usage statements": "the same",
    "./storepulse usage verify": "the same",
    "./storepulse usage export": "the same",
    'curl -s "$API/api/usage/$STORE/statements/2026-10"': "the same",
    "kcat -F production.conf": "wants a cluster of the reader's own",
    "kcat": "Debian's has no Avro; tests/integration/local tries the file with it",
    "./storepulse experiments simulate --store": "wants a store with whole days behind it",
    "pip install": "the contract tests of generated clients run the page",
    "npm install": "the same",
    "npx ": "the same",
    "openapi-python-client": "the same",
}
#: Commands that run until Ctrl-C, with the seconds that they are given.
LASTING = {"./storepulse tail": 3.0, "./storepulse webhooks listen": 30.0}
SHOWN = [page for page in PAGES if "decisions" not in page.parts and commands_of(page.read_text())]

#: What they print is read by other programs.
FOR_PROGRAMS = ("./storepulse topics acls", "./storepulse openapi")
COLUMNS = 80
#: The name of a field, and a value that cannot be broken.
MOST_WORDS_OF_A_FIELD = 2
A_KEY = "0b7c1c2e-6f0a-4f59-9a40-2c1d4f1f8a11"


def letters(reader: Reader) -> Mapping[str, str]:
    letter = reader.spoil()
    return {"6f1c…": letter["id"][:8], "refused by the database": letter["reason"]}


def a_key(reader: Reader) -> Mapping[str, str]:
    made = reader.read_json("./storepulse keys create --kind secret --scope read --json")
    return {A_KEY: made["key_id"]}


def a_delivery(reader: Reader) -> Mapping[str, str]:
    """An event that went to a destination."""
    reader.run(
        reader.as_here(
            "./storepulse destinations add first --url https://crm.example/hooks --stream activity"
            " && ./storepulse webhooks trigger first", {},
        )
    )  # fmt: skip
    (newest,) = reader.read_json("./storepulse deliveries ls --limit 1 --json")
    return {"EVENT_ID": newest["event_id"]}


def a_test(reader: Reader) -> Mapping[str, str]:
    """A draft of a test."""
    body = json.dumps(json.loads((ROOT / "tests" / "data" / "experiment.json").read_text()))
    store = "455ab1b8-00f7-5739-9f25-da83c77c9263"
    made = reader.read_json(
        f"echo '{body}' | ./storepulse experiments create - --store {store} --json"
    )
    return {"TEST_ID": made["test_id"]}


def of_the_api(reader: Reader) -> Mapping[str, str]:
    event = a_delivery(reader)["EVENT_ID"]
    return {
        "01a21f72-6d10-7485-a70c-afd7e6ff8ab0": event,
        "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d": reader.spoil()["id"],
        **a_key(reader),
    }


#: By page, what its ids stand for.
IDS: dict[str, Callable[[Reader], Mapping[str, str]]] = {
    "dead-letters.md": letters,
    "delivery.md": a_delivery,
    "experiments.md": a_test,
    "query-api.md": of_the_api,
    "stores-and-keys.md": a_key,
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with reader_of_pages(tmp_path_factory.mktemp("clone")) as stack:
        yield stack


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_runs(page: Path, reader: Reader) -> None:
    # What one page makes is not in the way of the next.
    for known in reader.read_json("./storepulse destinations ls --json"):
        reader.run(f"./storepulse destinations rm {known['name']} --discard")
    ids = dict(IDS.get(page.name, lambda _: {})(reader))
    ids["shop.example"] = f"{page.stem}.shop.example"
    commands = [
        reader.as_here(command, ids)
        for command in commands_of(page.read_text())
        if not command.startswith(tuple(NOT_RUN))
    ]
    output = reader.run(script_of(commands, LASTING))
    wrong = [why for said in said_by(output, commands) if (why := fault_of(said))]
    assert wrong == [], "\n\n".join(wrong)


def fault_of(said: Said) -> str:
    """What is wrong with what a command said; "" where nothing is."""
    text = "\n".join(said.lines)
    told = f"$ {said.command}\n{text}"
    # A replay that came back, nothing to send again, nothing to be seen: answers that are no.
    is_answer = said.code == 1 and (
        text.strip().endswith(("0 queued", " returned")) or "grep" in said.command
    )
    if "Traceback" in text or (said.code and not is_answer):
        return f"exit code {said.code}\n{told}"
    if said.command.startswith("curl") and "| grep" not in said.command:
        document = json.loads(text[re.search(r"^[\[{]", text, re.MULTILINE).start() :])  # type: ignore[union-attr] # else it fails
        has_failed = isinstance(document, dict) and document.get("status") == "error"
        return told if has_failed or not document else ""
    is_shown = said.command.startswith("./storepulse") and not said.command.startswith(FOR_PROGRAMS)
    return f"too wide\n{told}" if is_shown and any(map(could_be_broken, said.lines)) else ""


def could_be_broken(line: str) -> bool:
    """Whether a line is too wide for the terminal, and not by one long word alone."""
    return len(line) > COLUMNS and len(line.split()) > MOST_WORDS_OF_A_FIELD


def test_what_is_not_run_is_still_shown() -> None:
    shown = [command for page in SHOWN for command in commands_of(page.read_text())]
    for start in NOT_RUN:
        assert any(command.startswith(start) for command in shown), start
