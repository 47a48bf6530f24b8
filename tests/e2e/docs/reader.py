"""A reader of the documentation: a terminal of 80 columns beside a running stack.

The reader's folder has what a clone has. Of a page's commands only that is replaced what a reader
replaces, too: ports, addresses of the world outside, and the ids of what exists.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from tests.support.ingest_records import record
from tests.support.receiver import Receiver
from tests.support.waiting import wait_until
from tests.unit.docs.markdown import ROOT

from storepulse.adapters.kafka.clients import connection_config
from storepulse.contracts.topics import load_catalog
from storepulse.local import orphans, ports, postgres_folder
from storepulse.local.home_addresses import load_beside
from storepulse.local.servers import connected, temporary_home

#: By setting, the port that the pages show.
SHOWN_PORTS = {
    "STOREPULSE_GATEWAY_PORT": "8080",
    "STOREPULSE_QUERY_PORT": "8081",
    "STOREPULSE_AGENT_METRICS_PORT": "8082",
    "STOREPULSE_DELIVERY_PORT": "8090",
    "STOREPULSE_KAFKA_PORT": "19092",
    "STOREPULSE_POSTGRES_PORT": "15432",
}
_numbers = itertools.count(1)
_SECRETS = {
    "GA_SECRET": "s3cret",
    "GA_API_SECRET": "s3cret",
    "META_TOKEN": "t0ken",
    "CLOUDFLARE_TOKEN": "c",
}


@dataclass(frozen=True)
class Reader:
    """`replaced`: words of the pages, and what stands for them here."""

    folder: Path
    environment: Mapping[str, str]
    replaced: dict[str, str] = field(default_factory=dict)

    def run(self, script: str) -> str:
        """What a shell prints, on both outputs."""
        done = subprocess.run(
            ["bash", "-c", script], env=dict(self.environment), cwd=self.folder, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=280, check=False,
        )  # fmt: skip
        return done.stdout

    def read_json(self, command: str) -> Any:
        """The JSON that a command prints."""
        said = self.run(command)
        try:
            return json.loads(said)
        except ValueError:
            raise AssertionError(f"{command}: {said}") from None

    def as_here(self, command: str, replaced: Mapping[str, str]) -> str:
        """A page's command with what stands for its words here; `replaced` are the page's own."""
        words = self.replaced | replaced
        pattern = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
        return pattern.sub(lambda found: words[found.group()], command)

    def spoil(self) -> dict[str, Any]:
        """Writes an event past the gateway that agents set aside; the letter."""
        home = {"STOREPULSE_HOME": str(self.folder / ".storepulse")}
        settings = connected(load_beside({**self.environment, **home}))
        before = {letter["id"] for letter in self._letters()}
        spoilt = record("activity", next(_numbers), value="1.00", currency="euros")
        producer = Producer(connection_config(settings) | {"enable.idempotence": True})
        topic = load_catalog(settings.topic_prefix).ingest("activity")
        producer.produce(topic, spoilt.value, spoilt.key, headers=spoilt.headers)
        assert producer.flush(20) == 0
        wait_until(
            lambda: {letter["id"] for letter in self._letters()} - before, "a letter", seconds=30
        )
        return next(letter for letter in self._letters() if letter["id"] not in before)

    def _letters(self) -> list[dict[str, Any]]:
        letters: list[dict[str, Any]] = self.read_json("./storepulse dlq ls --each --json")
        return letters


@contextmanager
def reader_of_pages(folder: Path) -> Iterator[Reader]:
    """A reader whose stack runs and has had some traffic; stopped and removed afterwards."""
    home = temporary_home()
    for name in (".venv", "storepulse", "deploy", "schemas"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".storepulse").symlink_to(home)
    free = {name: str(ports.free_port()) for name in SHOWN_PORTS}
    listening = str(ports.free_port())
    terminal = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("STOREPULSE_", "TEST_"))
        and name not in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL")
    } | {"COLUMNS": "80", "TERM": "dumb", **_SECRETS}
    # A person takes longer for a page.
    unhurried = {"STOREPULSE_LIMIT_SENSITIVE_PER_MINUTE": "1000"}
    owner = Reader(folder, terminal | free | unhurried)
    with Receiver() as vendor:
        replaced = {f":{port}": f":{free[name]}" for name, port in SHOWN_PORTS.items()} | {
            "-p 15432": f"-p {free['STOREPULSE_POSTGRES_PORT']}",
            "9999": listening,
            # A day of traffic takes a minute.
            "demo --seed 7": "demo --seed 7 --events 500",
            "demo --seed 7 --events 50000": "demo --seed 7 --events 500",
            # Nothing of a test leaves this machine.
            "https://crm.example/hooks": f"{vendor.url}/hooks",
            "--kind ga4": f"--kind ga4 --config endpoint={vendor.url}",
            "--kind meta_capi": f"--kind meta_capi --config endpoint={vendor.url}",
            "--config account_id": f"--config endpoint={vendor.url} --config account_id",
        }
        try:
            started = owner.run("./storepulse up --detach --json")
            assert '"gateway"' in started, started
            sent = owner.run("./storepulse demo --seed 7 --events 500")
            assert "Traceback" not in sent, sent
            # Its terminal knows nothing of the ports: the home folder does.
            yield Reader(folder, terminal, replaced)
        finally:
            owner.run("./storepulse down")
            orphans.end_all(home)
            postgres_folder.remove(home)
            subprocess.run(["rm", "-rf", str(home)], check=True)
