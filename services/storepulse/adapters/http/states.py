"""What a connection waits for, and what then happens.

    state    waits for                bytes        too long  client ends     answer written
    IDLE     the next request         HEAD         close     close           -
    HEAD     the rest of the headers  BODY         408       close           -
    BODY     the rest of the body     SERVED       408       close           CLOSING
    SERVED   our answer               kept back    -         answer, close   IDLE or CLOSING
    CLOSING  the client's end         thrown away  close     close           -

An error (400, 408, 413, 414, 431) is answered and leads to CLOSING; where an answer is still due to
an earlier request, that one comes first, and the connection ends after it.
"""

from __future__ import annotations

from enum import Enum

from storepulse.adapters.http.limits import Limits


class State(Enum):
    """What a connection waits for."""

    IDLE = "the next request"
    HEAD = "the rest of the headers"
    BODY = "the rest of the body"
    SERVED = "our answer"
    CLOSING = "the client's end"


class Overdue(Enum):
    """What to do about a client that was waited for too long."""

    NOTHING = "wait on"
    REFUSE = "answer 408"
    CLOSE = "close when what is written is out"
    ABORT = "cut it off"


def overdue(
    state: State, waited: float, limits: Limits, *, fresh: bool, ended: bool, held_up: bool
) -> Overdue:
    """The column "too long" for a connection that has been in `state` for `waited` seconds.

    `fresh`: no request has come yet. `ended`: the client has ended its side. `held_up`: it waits
    for us.
    """
    match state:
        case State.IDLE:
            longest = limits.read_seconds if fresh else limits.keep_alive_seconds
            return Overdue.CLOSE if waited > longest and not held_up else Overdue.NOTHING
        case State.HEAD | State.BODY:
            late = waited > limits.read_seconds and not held_up
            return Overdue.REFUSE if late else Overdue.NOTHING
        case State.SERVED:
            # It may be gone: that shows only where something is written.
            gone = ended and waited > limits.ended_seconds
            return Overdue.ABORT if gone else Overdue.NOTHING
    if waited > limits.write_seconds:
        return Overdue.ABORT
    return Overdue.CLOSE if waited > limits.linger_seconds else Overdue.NOTHING
