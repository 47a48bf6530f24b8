"""Ways in which a receiver's connection misbehaves, for tests.support.receiver."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from tests.support.receiver import Behaviour, Connection


def sending(pieces: Iterable[bytes], *, pause: float = 0.0, close: bool = True) -> Behaviour:
    """Sends these bytes as they are, `pause` seconds between two pieces, and then closes.

    `pieces` may be endless: the client's leaving ends it.
    """

    async def send(connection: Connection) -> None:
        for number, piece in enumerate(pieces):
            if pause and number:
                await asyncio.sleep(pause)
            await connection.send(piece)
        if close:
            await connection.close()

    return send


async def hang_up(connection: Connection) -> None:
    """Closes the connection without an answer."""
    await connection.close()


async def hang(connection: Connection) -> None:
    """Never answers."""
    await connection.wait_lost()
