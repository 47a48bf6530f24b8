"""Services as processes of their own, the way `storepulse up` runs them."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
from bench.programs import inherited_variables
from tests.support.waiting import wait_until

from storepulse.access.keys import home_key
from storepulse.adapters.settings import Settings, environment
from storepulse.local.identities import settings_of

#: What a failure tells of each service's log.
LOGGED_LINES = 12


def url_of(command: str, settings: Settings) -> str:
    """Where a service of this command listens."""
    port = {
        "gateway": settings.gateway_port,
        "query": settings.query_port,
        "agents": settings.agent_metrics_port + settings.agent_slot,
        "delivery": settings.delivery_port + settings.delivery_slot,
    }[command]
    return f"http://127.0.0.1:{port}"


class Service:
    """One service process; its log is `<home>/<name>.log`."""

    def __init__(
        self, name: str, settings: Settings, extra: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.settings = settings
        self.extra = dict(extra or {})
        slot = settings.delivery_slot if name == "delivery" else settings.agent_slot
        self.log = Path(settings.home) / f"{name}-{slot}.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return url_of(self.name, self.settings)

    def start(self) -> Service:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        own = settings_of(self.name, self.settings)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "storepulse", self.name],
                env=inherited_variables() | environment(own) | self.extra,
                stdout=log,
                stderr=log,
            )
        return self

    def wait_ready(self, seconds: float = 120) -> Service:
        path = "/healthz" if self.name == "query" else "/readyz"
        process = self.process
        assert process is not None

        def is_ready() -> bool:
            assert process.poll() is None, f"{self.name} ended: {self.log.read_text()[-3000:]}"
            headers = {"x-api-key": home_key(Path(self.settings.home))}
            answer = httpx.get(self.url + path, headers=headers, timeout=2)
            return answer.status_code == 200

        wait_until(
            is_ready,
            lambda: f"{self.name} is not ready: {self.log.read_text()[-3000:]}",
            seconds=seconds,
            ignoring=httpx.HTTPError,
        )
        return self

    def describe(self) -> str:
        """Whether it runs, and the end of its log, for whoever reads of a failure."""
        code = None if self.process is None else self.process.poll()
        state = "runs" if code is None else f"ended with {code}"
        lines = self.log.read_text("utf-8", "replace").splitlines()[-LOGGED_LINES:]
        return "\n".join([f"{self.name}, slot {self.settings.agent_slot}, {state}:", *lines])

    def kill(self, signum: int = signal.SIGKILL) -> int:
        """Sends a signal and waits for the end; the exit code."""
        assert self.process is not None
        self.process.send_signal(signum)
        return self.process.wait(30)

    def stop(self) -> int:
        """Ends it as the supervisor does, by force after 20 s."""
        if self.process is None or self.process.poll() is not None:
            return 0
        self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


@contextmanager
def running(
    name: str, settings: Settings, extra: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """A service for the length of a block, ready at its start."""
    service = Service(name, settings, extra).start()
    try:
        yield service.wait_ready()
    except AssertionError as error:
        error.add_note(service.describe())
        raise
    finally:
        service.stop()


def wait_for_known_stores(gateway: Service) -> None:
    """Until a gateway has read the stores: before, it keeps no address, since one may want none.

    Keys are read after them, and until then none is called wrong.
    """

    def read() -> bool:
        path, body = f"{gateway.url}/api/cart-tracking/track", {"storeName": "a", "productId": "1"}
        answer = httpx.post(path, headers={"x-api-key": "ssk_nobodys"}, json=body)
        return answer.status_code == 401

    wait_until(read, "the stores that the database knows", seconds=60)


def wait_for_known_names(gateway: Service) -> None:
    """Until a gateway has read what the database knows: from then on caps on new names hold."""

    def read() -> bool:
        lines = httpx.get(f"{gateway.url}/metrics").text.splitlines()
        told = [line for line in lines if line.startswith("storepulse_ingest_known_names_read{")]
        return bool(told) and all(line.endswith(" 1.0") for line in told)

    wait_until(read, "the names that the database knows", seconds=20)
