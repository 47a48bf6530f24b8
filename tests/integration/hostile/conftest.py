"""Gateway, agents and query service of one world, with their limits out of the way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import VIEW
from tests.integration.hostile.sending import Answered, Sent, exchange, post
from tests.support import commands
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World, open_world

from storepulse.access.keys import new_key, store_key

#: What a gateway or query service may answer to a stranger, and to what it takes.
CALM = range(200, 500)
ERROR_FIELDS = {"status", "error", "message", "code", "details", "rejected"}


@dataclass(frozen=True)
class Stack:
    """The services, and a secret key with every scope."""

    world: World
    gateway: Service
    agents: Service
    query: Service
    key: str

    @property
    def port(self) -> int:
        return self.gateway.settings.gateway_port

    @property
    def query_port(self) -> int:
        return self.query.settings.query_port

    def send(self, requests: Iterable[Sent]) -> list[Answered]:
        """Answers of the gateway, none of them a failure."""
        return calm(exchange(self.port, list(requests)))

    def ask(self, requests: Iterable[Sent]) -> list[Answered]:
        """Answers of the query service, none of them a failure."""
        return calm(exchange(self.query_port, list(requests)))

    def check_applied(self, ids: Iterable[str]) -> None:
        """All that was taken has its effect, within a minute."""
        wanted = {UUID(one) for one in ids}
        with self.world.connect() as connection:

            def missing() -> set[object]:
                rows = connection.execute(
                    "SELECT event_id FROM event_ids WHERE event_id = ANY(%s)", [list(wanted)]
                )
                return wanted - {row[0] for row in rows.fetchall()}

            wait_until(lambda: not missing(), lambda: f"{len(missing())} events not applied")

    def check_sound(self, ids: Iterable[str] = ()) -> None:
        """The same, nothing else happened, and a good event goes on. Takes seconds."""
        event_id = str(uuid4())
        good = json.dumps({**VIEW, "event_id": event_id}).encode()
        (answer,) = self.send([Sent("a good event", post("/api/customer-activity", good))])
        assert answer.json["ids"] == [event_id]
        self.check_applied([*ids, event_id])
        with self.world.connect() as connection:
            dead = connection.execute(
                "SELECT stream, reason, message FROM dead_letters WHERE stage <> 'ingest'"
            ).fetchall()
        assert dead == []
        code, out, err = commands.run(
            self.world.settings, "audit", "--wait", "60", "--recount", "--json"
        )
        findings = json.loads(out)["findings"]
        assert (code, findings) == (0, []), "\n".join([*findings[:20], err])
        for service in (self.gateway, self.agents, self.query):
            log = service.log.read_text()
            for sign in ("Traceback", "request_failed", "\x1b[", "\u202e"):
                assert sign not in log, f"{service.name}: {log[: log.index(sign) + 2_000][-3_000:]}"


def calm(answers: list[Answered]) -> list[Answered]:
    """The answers, each of them well-formed and no failure."""
    for answer in answers:
        assert answer.status in CALM, str(answer)
        if answer.status >= 400 and answer.headers["content-type"] == "application/json":
            document = answer.json
            assert document["status"] == "error", str(answer)
            assert set(document) <= ERROR_FIELDS, str(answer)
            assert len(answer.body) < 100_000, str(answer)
    return answers


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with open_world(tmp_path_factory.mktemp("hostile")) as world, ExitStack() as opened:
        settings = changed(world.settings, **OPEN)
        services = [
            opened.enter_context(running(name, settings)) for name in ("gateway", "agents", "query")
        ]
        key = new_key("secret")
        scopes = ["ingest", "read", "ops", "admin"]
        with world.connect() as connection:
            store_key(connection, key, kind="secret", scopes=scopes)
        ready = Stack(world, *services, key)
        view = json.dumps(VIEW).encode()
        known = Sent("the key", post("/api/customer-activity", view, [("X-Api-Key", key.encode())]))
        wait_until(lambda: exchange(ready.port, [known])[0].status == 202, "the key", seconds=10)
        yield ready
