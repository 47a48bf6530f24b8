"""The states of a connection, and what ends each of them.

    state    waits for                bytes        too long  client ends     answer written
    IDLE     the next request         HEAD         close     close           -
    HEAD     the rest of the headers  BODY         408       close           -
    BODY     the rest of the body     SERVED       408       close           CLOSING
    SERVED   our answer               buffered     -         answer, close   IDLE or CLOSING
    CLOSING  the client's end         discarded    close     close           -

An error (400, 408, 413, 414, 431) is answered and leads to CLOSING. If an answer to an earlier
request is still due, that one is sent instead, and the connection ends after it.
"""

from __future__ import annotations

from enum import Enum

from storepulse.adapters.http.limits import ConnectionLimits


class State(Enum):
    """What a connection waits for."""

    IDLE = "the next request"
    HEAD = "the rest of the headers"
    BODY = "the rest of the body"
    SERVED = "our answer"
    CLOSING = "the client's end"


class LateAction(Enum):
    """The action for a client that is late."""

    NOTHING = "wait on"
    REFUSE = "answer 408"
    CLOSE = "close when what is written is out"
    ABORT = "cut it off"


def action_for_late(
    state: State,
    seconds: float,
    limits: ConnectionLimits,
    *,
    fresh: bool,
    ended: bool,
    held_up: bool,
) -> LateAction:
    """The column "too long", for a connection that has been in `state` for `seconds`.

    `fresh`: no request has come yet. `ended`: the client has closed its side. `held_up`: the client
    waits for us.
    """
    match state:
        case State.IDLE:
            longest = limits.read_seconds if fresh else limits.keep_alive_seconds
            return LateAction.CLOSE if seconds > longest and not held_up else LateAction.NOTHING
        case State.HEAD | State.BODY:
            late = seconds > limits.read_seconds and not held_up
            return LateAction.REFUSE if late else LateAction.NOTHING
        case State.SERVED:
            # The client may be gone, which shows only on a write.
            gone = ended and seconds > limits.ended_seconds
            return LateAction.ABORT if gone else LateAction.NOTHING
    if seconds > limits.write_seconds:
        return LateAction.ABORT
    return LateAction.CLOSE if seconds > limits.linger_seconds else LateAction.NOTHING
