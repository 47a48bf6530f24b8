"""A supervisor in a process of its own, with stand-in services and the real servers.

`stand_in_stack.py NAME:PORT … `: settings come from the environment; the journal of the services
is `<home>/journal`. It prints "ready" once everything is.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from storepulse.adapters.settings import load
from storepulse.domain.errors import StorepulseError
from storepulse.local.services import ServiceSpec
from storepulse.local.supervisor import Supervisor

PROGRAM = Path(__file__).with_name("stand_in_service.py")


def main(arguments: list[str]) -> None:
    """Run the stack until a signal."""
    settings = load(os.environ)
    journal = settings.home.resolve() / "journal"
    specs = []
    for argument in arguments:
        name, port = argument.split(":")
        specs.append(
            ServiceSpec(
                name=name,
                group=name,
                program=(sys.executable, str(PROGRAM), port, name, str(journal)),
                port=int(port),
                variable=f"STOREPULSE_{name.upper()}_PORT",
                health=f"http://127.0.0.1:{port}/",
            )
        )
    supervisor = Supervisor(
        settings,
        os.environ,
        lambda step: print(step, file=sys.stderr),
        quiet=False,
        specs=specs,
    )
    try:
        supervisor.run(lambda *_: print("ready", flush=True))
    except StorepulseError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
