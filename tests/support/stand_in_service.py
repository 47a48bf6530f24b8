"""A service for tests of the supervisor: a real process that serves its health over HTTP.

`stand_in_service.py PORT NAME JOURNAL`: appends "NAME start|stop PID" to JOURNAL, and to standard
output a line. GET /exit ends it with code 3, as a crash would. A file NAME.broken beside JOURNAL
keeps it from starting.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


def main(port: int, name: str, journal: Path) -> None:
    """Serve until SIGTERM."""

    if journal.with_name(f"{name}.broken").exists():
        sys.exit("the sky is falling")

    def note(what: str) -> None:
        with journal.open("a") as file:
            file.write(f"{name} {what} {os.getpid()}\n")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/exit":
                os._exit(3)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", port), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    note("start")
    print(f"{name} listens", flush=True)
    server.serve_forever()
    server.server_close()
    note("stop")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
