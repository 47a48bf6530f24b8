"""A receiver of webhooks that answers 200 at once, as cheaply as Python can: it must not be what a
measurement finds. `GET /` tells how many requests it has taken.

Run as `python -m bench.receiver PORT`.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import uvloop

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
LENGTH = b"content-length: "


class Hook(asyncio.Protocol):
    """One kept connection. Reads what our client writes, and takes no other care."""

    taken = 0

    def __init__(self) -> None:
        self._left = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        data = self._left + data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            head = data[:end].lower()
            if head.startswith(b"get "):
                self._tell()
                data = data[end + 4 :]
                continue
            place = head.index(LENGTH) + len(LENGTH)
            size = end + 4 + int(head[place : place + 10].split(b"\r\n")[0])
            if len(data) < size:
                break
            data = data[size:]
            Hook.taken += 1
            self._transport.write(ANSWER)
        self._left = data

    def _tell(self) -> None:
        body = b"%d" % Hook.taken
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        )


async def serve(port: int) -> None:
    """Listens until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Hook, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
