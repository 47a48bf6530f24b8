"""An integrator's first minute: listen, declare, trigger, and see a signed event arrive."""

from __future__ import annotations

import json
import os
import re
from contextlib import ExitStack

import pytest
from tests.support import commands
from tests.support.inline_commands import run_json
from tests.support.services import Service
from tests.support.world import World

from storepulse.demo.trial_beacon import SESSION
from storepulse.domain.signing import new_secret


def test_a_triggered_event_arrives_signed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = world.settings
    monkeypatch.setenv("WEBHOOK_SECRET", new_secret(os.urandom(32)))
    listener = commands.start(
        settings, "webhooks", "listen", "--port", "0", "--secret-env", "WEBHOOK_SECRET",
        "--count", "1", "--json",
    )  # fmt: skip
    try:
        assert listener.stderr is not None
        said = listener.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", said)
        assert found is not None, said
        run_json(
            settings, "destinations", "add", "crm", "--url", found[0], "--type", "purchase",
            "--consent", "marketing", "--secret-env", "WEBHOOK_SECRET", "--batch-seconds", "0.1",
        )  # fmt: skip
        with ExitStack() as stopping:
            services = [Service(name, settings) for name in ("gateway", "agents", "delivery")]
            for service in services:
                stopping.callback(service.stop)
                service.start()
            for service in services:
                service.wait_ready(120)
            code, out, err = commands.run(
                settings, "webhooks", "trigger", "crm", "--wait", "120", "--json", seconds=150
            )
            assert code == 0, out + err
            triggered = json.loads(out)
            code, out, err = commands.finish(listener, 60)
    finally:
        listener.kill()
        listener.communicate()
    assert code == 0, err
    heard = json.loads(out)
    assert (heard["signed"], heard["repeated"], heard["status"]) == (True, False, 204)
    event = heard["event"]
    assert event["event_id"] == triggered["event_id"]
    assert (event["stream"], event["type"], event["session_id"]) == (
        "activity",
        "purchase",
        SESSION,
    )
    assert event["data"]["value"] == "49.9000"
    assert triggered["delivered"]
    assert "delivered at attempt 1" in triggered["steps"][-1]["step"]
    assert run_json(settings, "deliveries", "show", event["event_id"])[0]["status"] == "sent"
