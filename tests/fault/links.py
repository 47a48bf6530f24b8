"""Links between services and servers that can be slow, broken or mute: Shopify's toxiproxy.

Built once from the Go module proxy into a cache folder; `deploy/fault_tools.sh` sees to that before
`make test-long`. Without it there are no links: a campaign says which faults it leaves out, and the
long tests fail.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tests.support.waiting import wait_until

from storepulse.local import ports, processes

MODULE = "github.com/Shopify/toxiproxy/v2/cmd/server"
VERSION = "v2.5.0"
BUILD_SECONDS = 400


class NoToxiproxy(Exception):
    """Why there are no links here."""


def _target() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "storepulse"
    return cache / f"toxiproxy-{VERSION}"


def built() -> bool:
    """Whether toxiproxy is there already."""
    return _target().exists()


def program() -> Path:
    """toxiproxy's server, built where it is missing. Raises NoToxiproxy."""
    target = _target()
    if target.exists():
        return target
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not Path(go).exists():
        raise NoToxiproxy("Go is missing, so toxiproxy cannot be built")
    building = target.parent / f"building-{os.getpid()}"
    building.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [go, "install", f"{MODULE}@{VERSION}"],
        env={**os.environ, "GOBIN": str(building)},
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    try:
        if done.returncode != 0:
            raise NoToxiproxy(f"toxiproxy does not build: {done.stderr[-300:]}")
        (building / "server").replace(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return target


def missing() -> str | None:
    """Why there can be no links, None where there can."""
    try:
        program()
    except NoToxiproxy as error:
        return str(error)
    return None


@dataclass
class Link:
    """One proxied connection; `port` is where clients connect."""

    links: Links
    name: str
    port: int
    upstream: int

    def poison(self, kind: str, direction: str = "downstream", **attributes: Any) -> None:
        """Adds a toxic: latency, timeout, reset_peer, …, in toxiproxy's own words."""
        toxic = {"type": kind, "stream": direction, "attributes": attributes}
        self.links.ask(f"/proxies/{self.name}/toxics", toxic)

    def cut(self) -> None:
        """Closes every connection and refuses new ones."""
        self.links.ask(f"/proxies/{self.name}", {"enabled": False})


class Links:
    """A toxiproxy and the links through it.

    Healing starts it anew: it can hang while it takes a toxic away from a connection in use, and
    connections to which bytes were lost must not live on anyway.
    """

    def __init__(self, home: Path) -> None:
        self._log = home / "toxiproxy.log"
        self._port = ports.free_port()
        self._links: list[Link] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._api = httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=10)
        self._launch()

    def link(self, name: str, upstream: int) -> Link:
        """A new link to a port of this machine."""
        link = Link(self, name, ports.free_port(), upstream)
        self._links.append(link)
        self._open(link)
        return link

    def ask(self, path: str, body: dict[str, Any]) -> None:
        """One request to toxiproxy; raises where it refuses."""
        self._api.post(path, json=body).raise_for_status()

    def heal(self) -> None:
        """All links as new; every connection through them ends."""
        self._kill()
        self._launch()
        for link in self._links:
            self._open(link)

    def stop(self) -> None:
        self._kill()
        self._api.close()

    def _open(self, link: Link) -> None:
        ends = {"listen": f"127.0.0.1:{link.port}", "upstream": f"127.0.0.1:{link.upstream}"}
        self.ask("/proxies", {"name": link.name, "enabled": True, **ends})

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _launch(self) -> None:
        with self._log.open("ab") as log:
            self._process = processes.launch(
                [str(program()), "-host", "127.0.0.1", "-port", str(self._port)],
                orphan_signal=signal.SIGKILL,
                output=log,
            )
        wait_until(
            lambda: self._api.get("/version").raise_for_status(),
            "toxiproxy",
            seconds=15,
            ignoring=httpx.HTTPError,
        )
